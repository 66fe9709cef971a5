"""publish_events: sends the domain events in the outbox."""

from __future__ import annotations

from rft.contracts.outbound.domain_events import DomainEvent
from rft.errors import RetryableServiceError
from rft.observability import emit_metrics, logger
from rft.ports.events import EventBus, Outbox
from rft.runs.event_metrics import measurements

PAGE = 100
MAX_PAGES = 20
"""2,000 events take about half of the function's timeout; the rest is sent a minute later."""


def publish_events(*, stack_name: str, outbox: Outbox, bus: EventBus) -> int:
    """Sends pending events, emits their metrics, and returns the number of sent events.

    Events that the bus rejects do not block others; RetryableServiceError then states their number.
    """
    sent = 0
    for _ in range(MAX_PAGES):
        pending = outbox.pending(PAGE)
        taken = bus.send(pending) if pending else []
        # Marked after they were sent: if marking fails, they are sent again with the same id.
        for event in taken:
            outbox.mark_sent(event)
        _emit(taken, stack_name)
        sent += len(taken)
        if len(taken) < len(pending):
            raise RetryableServiceError(f"the event bus rejected {_refused(pending, taken)}")
        if len(pending) < PAGE:
            break
    if sent:
        logger().info("events published", events=sent)
    return sent


def _emit(events: list[DomainEvent], stack_name: str) -> None:
    for found in measurements(events):
        dimension = {found.dimension: found.of} if found.dimension else {}
        emit_metrics(figures={found.name: found.value}, stack=stack_name, **dimension)


def _refused(pending: list[DomainEvent], taken: list[DomainEvent]) -> str:
    refused = [event.id for event in pending if event not in taken]
    return f"{len(refused)} of {len(pending)} events, the first of them {refused[0]}"
