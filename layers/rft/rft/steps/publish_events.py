"""publish_events: send the domain events that were written with the ledger's changes."""

from __future__ import annotations

from rft.contracts.outbound.domain_events import DomainEvent
from rft.errors import RetryableServiceError
from rft.observability import logger
from rft.ports.events import EventBus, Outbox

PAGE = 100
MAX_PAGES = 20
"""2,000 events take about half of the function's time; what is left is sent a minute later."""


def publish_events(*, outbox: Outbox, bus: EventBus) -> int:
    """Send what is pending, and return how many events were sent.

    An event is marked after it was sent: where the mark is lost, it is sent again with the same id. One that the bus
    refuses stops no other; RetryableServiceError then says how many are left.
    """
    sent = 0
    for _ in range(MAX_PAGES):
        pending = outbox.pending(PAGE)
        taken = bus.send(pending) if pending else []
        for event in taken:
            outbox.mark_sent(event)
        sent += len(taken)
        if len(taken) < len(pending):
            raise RetryableServiceError(f"the event bus refused {_refused(pending, taken)}")
        if len(pending) < PAGE:
            break
    logger().info("events published", events=sent)
    return sent


def _refused(pending: list[DomainEvent], taken: list[DomainEvent]) -> str:
    refused = [event.id for event in pending if event not in taken]
    return f"{len(refused)} of {len(pending)} events, the first of them {refused[0]}"
