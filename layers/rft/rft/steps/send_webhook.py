"""send_webhook: sends one event to one endpoint, without retries; the state machine DeliverWebhooks retries."""

from __future__ import annotations

from rft.contracts.outbound.domain_events import DomainEvent
from rft.contracts.outbound.webhooks import Endpoint, WebhookFormat, WebhookResult
from rft.errors import InvalidRequest, RunNotFound, WebhookRefused
from rft.observability import logger
from rft.ports.events import WebhookSender
from rft.ports.runs import Ledger
from rft.ports.storage import Clock
from rft.runs.webhook_address import webhook_address
from rft.runs.webhook_body import webhook_body
from rft.settings import WebhookSettings


def send_webhook(
    *,
    endpoint: Endpoint,
    event: DomainEvent,
    settings: WebhookSettings,
    ledger: Ledger,
    sender: WebhookSender,
    clock: Clock,
) -> WebhookResult:
    """Sends the event unless the endpoint is not configured or its format omits this event.

    Raises WebhookRefused (not retryable) and the Retryable… errors.
    """
    url, form = (settings.webhook_url, settings.webhook_format) if endpoint == "stack" else _of_run(event, ledger)
    if not url:
        return WebhookResult(sent=False, skipped="no endpoint")
    body = webhook_body(event, form)
    if body is None:
        return WebhookResult(sent=False, skipped=f"not sent in the format {form}")
    try:
        address = webhook_address(url, settings.webhook_hosts if endpoint == "run" else None)
    except InvalidRequest as error:
        raise WebhookRefused(str(error)) from error
    signatures = sender.send(address, message_id=event.id, body=body, at=clock.now())
    logger().info("webhook sent", endpoint=endpoint, event=event.id, host=address.host)
    return WebhookResult(sent=True, signatures=signatures)


def _of_run(event: DomainEvent, ledger: Ledger) -> tuple[str, WebhookFormat]:
    try:
        notify = ledger.get(event.run_id).request.notify
    except RunNotFound:
        return "", "standard"
    return notify.webhook or "", notify.webhook_format
