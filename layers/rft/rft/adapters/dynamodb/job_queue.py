"""The queue for the job quota in the ledger's table; `DynamoLedger` adds and removes its items."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from rft.adapters.aws_errors import translated
from rft.adapters.dynamodb.ledger_items import QUEUE, queue_key, to_attribute
from rft.adapters.dynamodb.ledger_table import LedgerTable


class DynamoJobQueue(LedgerTable):
    """Strongly consistent queries of one partition, with some 100 bytes per run."""

    def ahead(self, run_id: str, since: datetime) -> int:
        before = queue_key(run_id, since)["sk"]
        with translated():
            pages = self._client.get_paginator("query").paginate(
                **self._partition("pk = :pk AND sk < :before", {":before": before}), Select="COUNT"
            )
            return sum(page["Count"] for page in pages)

    def first(self, count: int) -> tuple[str, ...]:
        with translated():
            found = self._client.query(**self._partition("pk = :pk", {}), Limit=count)["Items"]
        return tuple(item["sk"]["S"].partition("#")[2] for item in found)

    def _partition(self, condition: str, values: dict[str, Any]) -> dict[str, Any]:
        return {
            "TableName": self._table,
            "ConsistentRead": True,
            "KeyConditionExpression": condition,
            "ExpressionAttributeValues": {":pk": to_attribute(QUEUE), **values},
        }
