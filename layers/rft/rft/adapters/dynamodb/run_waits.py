"""Task tokens of runs that wait for an event, in the ledger's table."""

from __future__ import annotations

from rft.adapters.aws_errors import translated
from rft.adapters.dynamodb.ledger_items import to_attribute, wait_key
from rft.adapters.dynamodb.ledger_table import LedgerTable


class DynamoRunWaits(LedgerTable):
    """Waits and wake-ups each read what the other wrote, so no event between two waits is lost."""

    def begin(self, run_id: str, token: str) -> bool:
        stored = self._update(
            {
                "Key": wait_key(run_id),
                "UpdateExpression": "SET task_token = :token",
                "ConditionExpression": "attribute_not_exists(woken)",
                "ExpressionAttributeValues": {":token": to_attribute(token)},
            }
        )
        if not stored:
            self._update({"Key": wait_key(run_id), "UpdateExpression": "REMOVE woken, task_token"})
        return stored

    def wake(self, run_id: str) -> str | None:
        """Sets the mark and reads the token in the same write."""
        with translated():
            found = self._client.update_item(
                TableName=self._table,
                Key=wait_key(run_id),
                UpdateExpression="SET woken = :true",
                ExpressionAttributeValues={":true": {"BOOL": True}},
                ReturnValues="ALL_NEW",
            )["Attributes"]
        return str(found["task_token"]["S"]) if "task_token" in found else None
