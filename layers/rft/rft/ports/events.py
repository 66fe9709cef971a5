"""Domain events on their way to other systems."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime

    from rft.contracts.outbound.domain_events import DomainEvent
    from rft.contracts.outbound.webhook_address import WebhookAddress


class Outbox(Protocol):
    """Domain events that were written with the ledger's changes and are not yet sent."""

    def pending(self, limit: int) -> list[DomainEvent]:
        """Up to `limit` events, oldest first, each run's in sequence. Raises the Retryable… errors."""
        ...

    def mark_sent(self, event: DomainEvent) -> None:
        """Drop an event from the pending ones; a repeat changes nothing. Raises the Retryable… errors."""
        ...


class EventBus(Protocol):
    """Where other systems get domain events from."""

    def send(self, events: Sequence[DomainEvent]) -> list[DomainEvent]:
        """Send events in this order; those that the bus took. Raises RetryableThrottling, RetryableServiceError."""
        ...


class WebhookSender(Protocol):
    """Sends signed messages to webhooks."""

    def send(self, address: WebhookAddress, *, message_id: str, body: bytes, at: datetime) -> int:
        """Post one message, and return how many signatures it has.

        Raises WebhookRefused (an address that is not public, a redirect, 410), RetryableServiceError and
        RetryableThrottling.
        """
        ...
