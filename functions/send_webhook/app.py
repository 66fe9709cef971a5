"""Sends one event to one webhook."""

from __future__ import annotations

from typing import Any

from rft import wiring
from rft.contracts.outbound.webhooks import WebhookDelivery
from rft.observability import logger
from rft.settings import WebhookSettings
from rft.steps.send_webhook import send_webhook


@logger().inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    delivery = WebhookDelivery.model_validate(event)
    logger().append_keys(run_id=delivery.event.run_id)
    return send_webhook(
        endpoint=delivery.endpoint,
        event=delivery.event,
        settings=WebhookSettings.from_environment(),
        ledger=wiring.ledger(),
        sender=wiring.webhook_sender(),
        clock=wiring.clock(),
    ).model_dump(mode="json")
