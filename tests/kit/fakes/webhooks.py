"""A webhook sender, in memory."""

from __future__ import annotations

from datetime import datetime

from rft.contracts.outbound.webhook_address import WebhookAddress


class MemoryWebhooks:
    """Records host, path, id and body of sent webhooks."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str, str, bytes]] = []

    def send(self, address: WebhookAddress, *, message_id: str, body: bytes, at: datetime) -> int:
        self.sent.append((address.host, address.target, message_id, body))
        return 1
