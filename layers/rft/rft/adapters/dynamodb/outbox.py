"""Unsent domain events in the ledger's table."""

from __future__ import annotations

from datetime import timedelta

from rft.adapters.aws_errors import translated
from rft.adapters.dynamodb.ledger_items import OUTBOX, outbox_event, outbox_key, to_attribute
from rft.adapters.dynamodb.ledger_table import LedgerTable
from rft.contracts.outbound.domain_events import DomainEvent

SENT_DAYS = 30
"""Retention of sent events."""


class DynamoOutbox(LedgerTable):
    """Reads an eventually consistent index, which may lack very recent events."""

    def pending(self, limit: int) -> list[DomainEvent]:
        with translated():
            keys = self._client.query(
                TableName=self._table,
                IndexName="by_created",
                KeyConditionExpression="gsi1pk = :outbox",
                ExpressionAttributeValues={":outbox": to_attribute(OUTBOX)},
                Limit=limit,
            )["Items"]
        items = (self._read({"pk": key["pk"], "sk": key["sk"]}) for key in keys)
        return [outbox_event(item) for item in items if item is not None and "gsi1pk" in item]

    def mark_sent(self, event: DomainEvent) -> None:
        """Removes the event from the index; the item expires later."""
        now = self._clock.now()
        values = {":at": now.isoformat(), ":expires": int((now + timedelta(days=SENT_DAYS)).timestamp())}
        with translated():
            self._client.update_item(
                TableName=self._table,
                Key=outbox_key(event),
                UpdateExpression="SET sent_at = :at, expires_at = :expires REMOVE gsi1pk, gsi1sk",
                ExpressionAttributeValues={name: to_attribute(value) for name, value in values.items()},
            )
