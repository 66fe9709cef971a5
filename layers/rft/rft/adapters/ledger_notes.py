"""What stands beside run records in the ledger's table: task tokens, and uploads that made no run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from rft.adapters.aws_errors import translated
from rft.adapters.ledger_items import Item, rejection_item, rejection_of, to_item, token_key, upload_key
from rft.contracts.ledger import UploadRejection
from rft.errors import RunNotFound

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class LedgerNotes:
    """Single items, written whole."""

    def __init__(self, client: DynamoDBClient, *, table: str) -> None:
        self._client = client
        self._table = table

    def save_token(self, run_id: str, token: str) -> None:
        """Keep a task token, beside the record."""
        with translated():
            self._client.put_item(TableName=self._table, Item=token_key(run_id) | to_item({"token": token}))

    def token(self, run_id: str) -> str:
        """The task token."""
        item = self._read(token_key(run_id))
        if item is None:
            raise RunNotFound(f"no task token of {run_id}")
        return str(item["token"]["S"])

    def reject(self, rejection: UploadRejection) -> UploadRejection:
        """Record a rejection, unless this object version was rejected before."""
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
        """Why an object version made no run."""
        item = self._read(upload_key(bucket, key, version))
        return rejection_of(item) if item else None

    def _read(self, key: Item) -> Item | None:
        with translated():
            return self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item")
