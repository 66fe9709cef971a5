"""Domain events on EventBridge."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rft.adapters.aws_errors import translated
from rft.contracts.outbound.domain_events import SOURCE, DomainEvent
from rft.observability import logger

MAX_ENTRIES = 10
MAX_BYTES = 256 * 1024
"""PutEvents accepts 10 entries and 256 KB per request (Amazon EventBridge User Guide, PutEvents entry size)."""

TIME_BYTES = 14
"""Bytes that `Time` counts in an entry's size, by the same page."""


class EventBridgeBus:
    """`name` is the bus's name or ARN."""

    def __init__(self, client: Any, *, name: str) -> None:
        self._client = client
        self._name = name

    def send(self, events: Sequence[DomainEvent]) -> list[DomainEvent]:
        """Sends in requests of the maximum size. Rejected events are logged and omitted from the result."""
        sent: list[DomainEvent] = []
        for batch in _batches(events, self._name):
            with translated():
                replies = self._client.put_events(Entries=[entry for _, entry in batch])["Entries"]
            for (event, _), reply in zip(batch, replies, strict=True):
                if "ErrorCode" not in reply:
                    sent.append(event)
                    continue
                logger().error("event refused", event=event.id, code=reply["ErrorCode"], cause=reply["ErrorMessage"])
        return sent


Entry = dict[str, Any]
"""One of PutEvents' `Entries`."""

Batch = list[tuple[DomainEvent, Entry]]


def _batches(events: Sequence[DomainEvent], bus: str) -> Iterator[Batch]:
    batch: Batch = []
    size = 0
    for event in events:
        entry = _entry(event, bus)
        entry_size = _size(entry)
        if batch and (len(batch) == MAX_ENTRIES or size + entry_size > MAX_BYTES):
            yield batch
            batch, size = [], 0
        batch.append((event, entry))
        size += entry_size
    if batch:
        yield batch


def _entry(event: DomainEvent, bus: str) -> Entry:
    return {
        "Source": SOURCE,
        "DetailType": event.kind,
        "Detail": event.model_dump_json(exclude_none=True),
        "Time": event.at,
        "EventBusName": bus,
    }


def _size(entry: Entry) -> int:
    return TIME_BYTES + sum(len(entry[name].encode()) for name in ("Source", "DetailType", "Detail"))
