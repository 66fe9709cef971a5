"""Run records in DynamoDB. `rft.adapters.ledger_items` says what is stored where."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from rft.adapters.aws_errors import translated
from rft.adapters.ledger_items import (
    EVENTS,
    Item,
    event_item,
    event_of,
    idempotency_key,
    record_item,
    record_key,
    record_of,
    to_attribute,
    to_item,
)
from rft.adapters.ledger_notes import LedgerNotes
from rft.adapters.ledger_search import RunSearch
from rft.contracts.ledger import Decision, RunEvent, RunRecord, RunStatus
from rft.errors import RetryableThrottling, RunConflict, RunNotFound, TransitionRefused
from rft.ports import Changes, Clock, RunPage
from rft.runs.approval import answered
from rft.runs.records import RunFilter, revised
from rft.runs.status import TERMINAL, may_follow

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ATTEMPTS = 6
"""A write that met another one is tried again on what is there now. A run changes status at most six times."""

KEY_DAYS = 90
"""How long an idempotency key is kept: past any redelivery by EventBridge, SQS (14 days) or a pipeline's retry."""

ABSENT = "attribute_not_exists(pk)"

LOST = frozenset({"ConditionalCheckFailedException", "TransactionConflictException"})
LOST_IN_TRANSACTION = frozenset({"None", "ConditionalCheckFailed", "TransactionConflict"})
"""What DynamoDB answers where another writer was faster; a cancelled transaction has a reason for each operation."""

THROTTLED_IN_TRANSACTION = frozenset({"ProvisionedThroughputExceeded", "ThrottlingError"})


class DynamoLedger(LedgerNotes):
    """The ledger on one DynamoDB table. Reads are strongly consistent but for lists, which read indexes."""

    def __init__(self, client: DynamoDBClient, *, table: str, clock: Clock) -> None:
        super().__init__(client, table=table)
        self._clock = clock

    def create(self, record: RunRecord, *, key: str | None = None) -> RunRecord:
        """Add a run, and claim its idempotency key, in one transaction."""
        created = RunEvent(at=self._clock.now(), before=None, after=record.status)
        items = [record_item(record), event_item(record.run_id, 1, created)]
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
        """The run now."""
        return record_of(self._item(run_id))

    def transition(self, run_id: str, to: RunStatus, *, detail: str = "", changes: Changes | None = None) -> RunRecord:
        """Change status, with fields and an event, provided that the status is still the one that was looked at."""
        return self._change(run_id, to, detail, changes or {})

    def update(self, run_id: str, changes: Mapping[str, Any]) -> None:
        """Write fields of a run that has not ended."""
        self._change(run_id, None, "", changes)

    def decide(self, run_id: str, decision: Decision) -> RunRecord:
        """Record a person's answer, provided that there is none."""
        for _ in self._attempts(run_id):
            record = self.get(run_id)
            approval = answered(record, decision)
            if approval == record.approval:
                return record
            changed = revised(record, {"approval": approval}, at=self._clock.now())
            before = record.model_dump(mode="json", include={"status", "approval"})
            fields = changed.model_dump(mode="json", include={"approval", "updated_at"})
            if self._update(self._set(run_id, fields, before)):
                return changed
        raise AssertionError  # pragma: no cover: the attempts end in an error of their own

    def mark_notified(self, run_id: str) -> bool:
        """Mark an ended run as announced."""
        record = self.get(run_id)
        if record.status not in TERMINAL:
            raise TransitionRefused(f"{run_id} is {record.status}: only an ended run is announced")
        write = self._set(run_id, {"notified": True}, {"notified": False})
        return self._update(write)

    def events(self, run_id: str) -> list[RunEvent]:
        """The run's history, oldest first."""
        found = [event_of(item) for item in self._event_items(run_id)]
        if not found:
            raise RunNotFound(f"no run {run_id}")
        return found

    def page(
        self,
        *,
        status: RunStatus | None = None,
        name: str | None = None,
        tag: tuple[str, str] | None = None,
        limit: int = 25,
        cursor: str | None = None,
    ) -> RunPage:
        """A part of the list of runs, by index."""
        wanted = RunFilter(status=status, name=name, tag=tag)
        return RunSearch(self._client, self._table, wanted).page(limit=limit, cursor=cursor)

    def _change(self, run_id: str, to: RunStatus | None, detail: str, changes: Changes) -> RunRecord:
        for _ in self._attempts(run_id):
            item = self._item(run_id)
            record = record_of(item)
            after = to or record.status
            if not may_follow(record.status, after):
                raise TransitionRefused(f"{run_id} is {record.status} and cannot become {after}")
            fields = changes(record) if callable(changes) else changes
            changed = revised(record, {**fields, "status": after}, at=self._clock.now())
            if self._write(record, changed, fields, int(item["event_count"]["N"]), detail):
                return changed
        raise AssertionError  # pragma: no cover: the attempts end in an error of their own

    def _write(
        self, before: RunRecord, after: RunRecord, changes: Mapping[str, Any], event_count: int, detail: str
    ) -> bool:
        """Write the changed fields, and an event where the status changed; False if another writer was faster."""
        fields = after.model_dump(mode="json", include={*changes, "status", "updated_at"})
        if before.status is after.status:
            return self._update(self._set(after.run_id, fields, {"status": before.status}))
        fields |= {"gsi2pk": after.status, "event_count": event_count + 1}
        event = RunEvent(at=after.updated_at, before=before.status, after=after.status, detail=detail)
        item = event_item(after.run_id, event_count + 1, event)
        return self._transact(
            [
                self._operation("Update", **self._set(after.run_id, fields, {"status": before.status})),
                self._operation("Put", Item=item, ConditionExpression=ABSENT),
            ]
        )

    def _set(self, run_id: str, fields: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
        """An update of a run's fields on condition that those in `before` still are as they stand there."""
        names = {f"#{number}": name for number, name in enumerate(fields)}
        values = {f":{number}": to_attribute(value) for number, value in enumerate(fields.values())}
        guards = {f"#before_{number}": name for number, name in enumerate(before)}
        guarded = {f":before_{number}": to_attribute(value) for number, value in enumerate(before.values())}
        return {
            "Key": record_key(run_id),
            "UpdateExpression": "SET " + ", ".join(f"#{n} = :{n}" for n in range(len(fields))),
            "ConditionExpression": " AND ".join(f"#before_{n} = :before_{n}" for n in range(len(before))),
            "ExpressionAttributeNames": names | guards,
            "ExpressionAttributeValues": values | guarded,
        }

    def _update(self, write: dict[str, Any]) -> bool:
        try:
            with translated():
                self._client.update_item(TableName=self._table, **write)
        except ClientError as error:
            if error.response["Error"]["Code"] not in LOST:
                raise
            return False
        return True

    def _operation(self, kind: str, **write: Any) -> dict[str, Any]:
        return {kind: {"TableName": self._table, **write}}

    def _transact(self, operations: list[Any]) -> bool:
        """All writes or none; False if a condition did not hold or another transaction had its hands on an item."""
        try:
            with translated():
                self._client.transact_write_items(TransactItems=operations)
        except ClientError as error:
            reasons = {reason["Code"] for reason in error.response.get("CancellationReasons", [])}
            if reasons & THROTTLED_IN_TRANSACTION:
                raise RetryableThrottling(str(error)) from error
            if not reasons or reasons - LOST_IN_TRANSACTION:
                raise
            return False
        return True

    def _attempts(self, run_id: str) -> Iterator[int]:
        """Tries of one write, with growing, random pauses in between."""
        for attempt in range(ATTEMPTS):
            yield attempt
            time.sleep(random.uniform(0, 0.02 * 2**attempt))  # noqa: S311 - not a secret
        raise RetryableThrottling(f"{run_id} is being written by others; {ATTEMPTS} tries met another write")

    def _claim(self, key: str, run_id: str) -> Item:
        expires = self._clock.now() + timedelta(days=KEY_DAYS)
        return idempotency_key(key) | to_item({"run_id": run_id, "expires_at": int(expires.timestamp())})

    def _known(self, run_id: str, key: str | None) -> RunRecord | None:
        """The run that stands in the way of a new one: the key's, else the one with the same id."""
        claim = self._read(idempotency_key(key)) if key is not None else None
        item = self._read(record_key(claim["run_id"]["S"] if claim else run_id))
        return record_of(item) if item else None

    def _item(self, run_id: str) -> Item:
        item = self._read(record_key(run_id))
        if item is None:
            raise RunNotFound(f"no run {run_id}")
        return item

    def _event_items(self, run_id: str) -> Iterator[Item]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :events)",
            ExpressionAttributeValues={":pk": record_key(run_id)["pk"], ":events": to_attribute(EVENTS)},
            ConsistentRead=True,
        )
        with translated():
            for page in pages:
                yield from page["Items"]


def _same(known: RunRecord, wanted: RunRecord) -> RunRecord:
    if known.request != wanted.request:
        raise RunConflict(f"{known.run_id} belongs to a different request")
    return known
