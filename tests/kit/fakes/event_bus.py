"""An event bus, in memory."""

from __future__ import annotations

from collections.abc import Sequence

from rft.contracts.outbound.domain_events import DomainEvent


class MemoryBus:
    """Records sent events; rejects events whose id is in `refused`."""

    def __init__(self, refused: set[str] | None = None) -> None:
        self.events: list[DomainEvent] = []
        self.refused = refused or set()

    def send(self, events: Sequence[DomainEvent]) -> list[DomainEvent]:
        taken = [event for event in events if event.id not in self.refused]
        self.events += taken
        return taken
