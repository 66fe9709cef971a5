"""Ports to publish domain events to other systems."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime

    from rft.contracts.outbound.domain_events import DomainEvent
    from rft.contracts.outbound.webhook_address import WebhookAddress


class Outbox(Protocol):
    """Unsent domain events, written in the same transactions as the ledger's changes (transactional outbox)."""

    def pending(self, limit: int) -> list[DomainEvent]:
        """Returns up to `limit` events, oldest first, each run's in sequence. Raises the Retryable… errors."""
        ...

    def mark_sent(self, event: DomainEvent) -> None:
        """Removes an event from the pending ones; idempotent. Raises the Retryable… errors."""
        ...


class EventBus(Protocol):
    def send(self, events: Sequence[DomainEvent]) -> list[DomainEvent]:
        """Sends events in order and returns those accepted. Raises RetryableThrottling, RetryableServiceError."""
        ...


class WebhookSender(Protocol):
    """Sends signed messages to webhooks."""

    def send(self, address: WebhookAddress, *, message_id: str, body: bytes, at: datetime) -> int:
        """Posts one message and returns its number of signatures.

        Raises WebhookRefused (non-public address, redirect or status 410), RetryableServiceError and
        RetryableThrottling.
        """
        ...
