"""Rejected uploads in the ledger's table."""

from __future__ import annotations

from botocore.exceptions import ClientError

from rft.adapters.aws_errors import translated
from rft.adapters.dynamodb.ledger_items import rejection_item, rejection_of, upload_key
from rft.adapters.dynamodb.ledger_table import LedgerTable
from rft.contracts.ledger import UploadRejection


class DynamoUploadRejections(LedgerTable):
    """The first rejection of an object version is kept."""

    def reject(self, rejection: UploadRejection) -> UploadRejection:
        try:
            with translated():
                self._client.put_item(
                    TableName=self._table,
                    Item=rejection_item(rejection),
                    ConditionExpression="attribute_not_exists(pk)",
                )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
        return self.rejection(rejection.bucket, rejection.key, rejection.version) or rejection

    def rejection(self, bucket: str, key: str, version: str) -> UploadRejection | None:
        item = self._read(upload_key(bucket, key, version))
        return rejection_of(item) if item else None
