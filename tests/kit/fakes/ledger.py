"""The ledger in memory, with the same transition table as the real one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from rft.contracts.http.principal import Principal
from rft.contracts.ledger import Decision, RunEvent, RunRecord, RunStatus, UploadRejection
from rft.contracts.outbound.domain_events import DomainEvent
from rft.errors import RunConflict, RunNotFound, TransitionRefused
from rft.ports.runs import Changes, RunPage
from rft.ports.storage import Clock
from rft.runs.approval import answered
from rft.runs.domain_events import domain_events
from rft.runs.records import RunFilter, from_cursor, list_position, listed, revised, status_event, to_cursor
from rft.runs.status import TERMINAL, may_follow


class MemoryLedger:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.records: dict[str, RunRecord] = {}
        self.history: dict[str, list[RunEvent]] = {}
        self.keys: dict[str, str] = {}
        self.tokens: dict[str, str] = {}
        self.wait_tokens: dict[str, str] = {}
        self.woken: set[str] = set()
        self.rejections: dict[tuple[str, str, str], UploadRejection] = {}
        self.announced: dict[str, list[DomainEvent]] = {}
        self.sent: set[str] = set()

    def create(self, record: RunRecord, *, key: str | None = None) -> RunRecord:
        known = self.records.get(self.keys.get(key or "", record.run_id))
        if known is not None:
            if known.request != record.request:
                raise RunConflict(f"{known.run_id} belongs to a different request")
            return known
        self.records[record.run_id] = record
        created = status_event(None, record, at=self._clock.now())
        self.history[record.run_id] = [created]
        self._announce(None, record, created)
        if key is not None:
            self.keys[key] = record.run_id
        return record

    def get(self, run_id: str) -> RunRecord:
        if run_id not in self.records:
            raise RunNotFound(f"Run {run_id} not found")
        return self.records[run_id]

    def transition(
        self,
        run_id: str,
        to: RunStatus,
        *,
        detail: str = "",
        changes: Changes | None = None,
        caller: Principal | None = None,
    ) -> RunRecord:
        record = self.get(run_id)
        if not may_follow(record.status, to):
            raise TransitionRefused(f"{run_id} is {record.status} and cannot become {to}")
        fields = changes(record) if callable(changes) else changes or {}
        changed = self._write(record, {**fields, "status": to})
        event = status_event(record, changed, at=self._clock.now(), detail=detail, caller=caller)
        self._announce(record, changed, event)
        if record.status != to:
            self.history[run_id].append(event)
        return changed

    def update(self, run_id: str, changes: Mapping[str, Any]) -> None:
        record = self.get(run_id)
        if record.status in TERMINAL:
            raise TransitionRefused(f"{run_id} has ended as {record.status}")
        changed = self._write(record, changes)
        self._announce(record, changed, status_event(record, changed, at=self._clock.now()))

    def decide(self, run_id: str, decision: Decision) -> RunRecord:
        record = self.get(run_id)
        approval = answered(record, decision)
        return record if approval == record.approval else self._write(record, {"approval": approval})

    def save_token(self, run_id: str, token: str) -> None:
        self.tokens[run_id] = token

    def token(self, run_id: str) -> str:
        if run_id not in self.tokens:
            raise RunNotFound(f"no task token of {run_id}")
        return self.tokens[run_id]

    def ahead(self, run_id: str, since: datetime) -> int:
        return sum(place < (since, run_id) for place in self._queue())

    def first(self, count: int) -> tuple[str, ...]:
        return tuple(run_id for _, run_id in self._queue()[:count])

    def _queue(self) -> list[tuple[datetime, str]]:
        queued = (r for r in self.records.values() if r.status is RunStatus.STARTING and r.queue)
        return sorted((r.queue.since, r.run_id) for r in queued if r.queue)

    def begin(self, run_id: str, token: str) -> bool:
        if run_id in self.woken:
            self.woken.remove(run_id)
            self.wait_tokens.pop(run_id, None)
            return False
        self.wait_tokens[run_id] = token
        return True

    def wake(self, run_id: str) -> str | None:
        self.woken.add(run_id)
        return self.wait_tokens.get(run_id)

    def reject(self, rejection: UploadRejection) -> UploadRejection:
        return self.rejections.setdefault((rejection.bucket, rejection.key, rejection.version), rejection)

    def rejection(self, bucket: str, key: str, version: str) -> UploadRejection | None:
        return self.rejections.get((bucket, key, version))

    def mark_notified(self, run_id: str) -> bool:
        record = self.get(run_id)
        if record.status not in TERMINAL:
            raise TransitionRefused(f"{run_id} is {record.status}: only an ended run is announced")
        self.records[run_id] = record.model_copy(update={"notified": True})
        return not record.notified

    def events(self, run_id: str) -> list[RunEvent]:
        self.get(run_id)
        return list(self.history[run_id])

    def pending(self, limit: int) -> list[DomainEvent]:
        every = sorted(
            (e for events in self.announced.values() for e in events), key=lambda e: (e.at, e.run_id, e.sequence)
        )
        return [event for event in every if event.id not in self.sent][:limit]

    def mark_sent(self, event: DomainEvent) -> None:
        self.sent.add(event.id)

    def page(
        self,
        *,
        status: RunStatus | None = None,
        name: str | None = None,
        tag: tuple[str, str] | None = None,
        requested_by: str | None = None,
        limit: int = 25,
        cursor: str | None = None,
    ) -> RunPage:
        before = from_cursor(cursor) if cursor else "~"
        filters = RunFilter(status=status, name=name, tag=tag, requested_by=requested_by)
        newest_first = sorted(self.records.values(), key=list_position, reverse=True)
        found = [record for record in newest_first if list_position(record) < before and filters.passes(record)]
        more = len(found) > limit
        return RunPage(tuple(map(listed, found[:limit])), to_cursor(list_position(found[limit - 1])) if more else None)

    def _announce(self, before: RunRecord | None, after: RunRecord, event: RunEvent) -> None:
        known = self.announced.setdefault(after.run_id, [])
        since = self.history[after.run_id][-1].at if before else None
        known.extend(domain_events(before, after, event, sent=len(known), since=since))

    def _write(self, record: RunRecord, changes: Mapping[str, Any]) -> RunRecord:
        changed = revised(record, changes, at=self._clock.now())
        self.records[record.run_id] = changed
        return changed
