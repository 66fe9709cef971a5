"""Run records in DynamoDB. `rft.adapters.dynamodb.ledger_items` has the layout."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from rft.adapters.dynamodb.ledger_items import (
    Item,
    event_item,
    idempotency_key,
    outbox_item,
    queue_key,
    record_item,
    record_key,
    record_of,
    to_item,
)
from rft.adapters.dynamodb.ledger_table import LedgerTable
from rft.contracts.http.principal import Principal
from rft.contracts.ledger import RunEvent, RunRecord, RunStatus
from rft.contracts.outbound.domain_events import DomainEvent
from rft.errors import RunConflict, TransitionRefused
from rft.ports.runs import Changes
from rft.runs.domain_events import domain_events
from rft.runs.records import revised, status_event
from rft.runs.status import TERMINAL, may_follow

KEY_DAYS = 90
"""Retention of idempotency keys: longer than redeliveries by EventBridge and SQS (14 days) and pipeline retries."""

ABSENT = "attribute_not_exists(pk)"


@dataclass(frozen=True)
class _Write:
    """Fields to set on a run's record if its values equal `before`, and items to add in the same transaction.

    `queue`: operations on the queue for the job quota.
    """

    run_id: str
    fields: dict[str, Any]
    before: dict[str, Any]
    items: list[Item]
    queue: list[Any]


class DynamoLedger(LedgerTable):
    """Run records with strongly consistent reads."""

    def create(self, record: RunRecord, *, key: str | None = None) -> RunRecord:
        created = status_event(None, record, at=self._clock.now())
        announced = domain_events(None, record, created, sent=0, since=None)
        items = [record_item(record), event_item(record.run_id, 1, created), *map(outbox_item, announced)]
        if key is not None:
            items.append(self._claim(key, record.run_id))
        puts = [self._operation("Put", Item=item, ConditionExpression=ABSENT) for item in items]
        for _ in self._attempts(record.run_id):
            if self._transact(puts):
                return record
            known = self._known(record.run_id, key)
            if known is not None:
                return _same(known, record)
        raise AssertionError  # pragma: no cover: the attempts end in an error of their own

    def get(self, run_id: str) -> RunRecord:
        return record_of(self._item(run_id))

    def transition(
        self,
        run_id: str,
        to: RunStatus,
        *,
        detail: str = "",
        changes: Changes | None = None,
        caller: Principal | None = None,
    ) -> RunRecord:
        """Changes the status, with fields and an event, if the status has not changed since it was read."""
        return self._change(run_id, to, changes or {}, detail=detail, caller=caller)

    def update(self, run_id: str, changes: Mapping[str, Any]) -> None:
        self._change(run_id, None, changes)

    def mark_notified(self, run_id: str) -> bool:
        record = self.get(run_id)
        if record.status not in TERMINAL:
            raise TransitionRefused(f"{run_id} is {record.status}: only an ended run is announced")
        write = self._set(run_id, {"notified": True}, {"notified": False})
        return self._update(write)

    def _change(
        self,
        run_id: str,
        to: RunStatus | None,
        changes: Changes,
        *,
        detail: str = "",
        caller: Principal | None = None,
    ) -> RunRecord:
        for _ in self._attempts(run_id):
            item = self._item(run_id)
            record = record_of(item)
            after = to or record.status
            if not may_follow(record.status, after):
                raise TransitionRefused(f"{run_id} is {record.status} and cannot become {after}")
            fields = changes(record) if callable(changes) else changes
            changed = revised(record, {**fields, "status": after}, at=self._clock.now())
            event = status_event(record, changed, at=changed.updated_at, detail=detail, caller=caller)
            sent, since = _announced(item)
            announced = domain_events(record, changed, event, sent=sent or 0, since=since)
            write = self._written(changed, fields, event, int(item["event_count"]["N"]))
            if self._write(write, announced, sent):
                return changed
        raise AssertionError  # pragma: no cover: the attempts end in an error of their own

    def _written(self, after: RunRecord, changes: Mapping[str, Any], event: RunEvent, event_count: int) -> _Write:
        fields = after.model_dump(mode="json", include={*changes, "status", "updated_at"})
        if event.before is event.after:
            return _Write(after.run_id, fields, {"status": event.before}, [], [])
        fields |= {"gsi2pk": after.status, "event_count": event_count + 1, "status_since": fields["updated_at"]}
        items, queue = [event_item(after.run_id, event_count + 1, event)], self._queue_operations(event, after)
        return _Write(after.run_id, fields, {"status": event.before}, items, queue)

    def _write(self, write: _Write, announced: Sequence[DomainEvent], sent: int | None) -> bool:
        """All or nothing, with domain events after the `sent` earlier ones; False if another writer was faster."""
        if not announced and not write.items:
            return self._update(self._set(write.run_id, write.fields, write.before))
        fields = write.fields | {"domain_event_count": (sent or 0) + len(announced)}
        before = write.before | {"domain_event_count": sent}
        items = [*write.items, *map(outbox_item, announced)]
        return self._transact(
            [
                self._operation("Update", **self._set(write.run_id, fields, before)),
                *(self._operation("Put", Item=item, ConditionExpression=ABSENT) for item in items),
                *write.queue,
            ]
        )

    def _queue_operations(self, event: RunEvent, after: RunRecord) -> list[Any]:
        """A run is in the queue for the job quota exactly while it is STARTING."""
        if after.queue is None:
            return []
        key = queue_key(after.run_id, after.queue.since)
        if event.after is RunStatus.STARTING:
            return [self._operation("Put", Item=key)]
        return [self._operation("Delete", Key=key)] if event.before is RunStatus.STARTING else []

    def _claim(self, key: str, run_id: str) -> Item:
        expires = self._clock.now() + timedelta(days=KEY_DAYS)
        return idempotency_key(key) | to_item({"run_id": run_id, "expires_at": int(expires.timestamp())})

    def _known(self, run_id: str, key: str | None) -> RunRecord | None:
        """The run that conflicts with a new one: the key's, else the one with the same id."""
        claim = self._read(idempotency_key(key)) if key is not None else None
        item = self._read(record_key(claim["run_id"]["S"] if claim else run_id))
        return record_of(item) if item else None


def _announced(item: Item) -> tuple[int | None, datetime | None]:
    """Number of the run's domain events, and the time of its status; None for runs created before domain events."""
    if "domain_event_count" not in item:
        return None, None
    return int(item["domain_event_count"]["N"]), datetime.fromisoformat(item["status_since"]["S"])


def _same(known: RunRecord, requested: RunRecord) -> RunRecord:
    if known.request != requested.request:
        raise RunConflict(f"{known.run_id} belongs to a different request")
    return known
