"""Formats the body of a webhook. Pure."""

from __future__ import annotations

import json

from rft.contracts.ledger import RunStatus
from rft.contracts.outbound.domain_events import DomainEvent, EventKind
from rft.contracts.outbound.webhooks import WebhookFormat
from rft.runs.status import TERMINAL
from rft.text import text_line

TYPES = {
    EventKind.STATUS: "run.status",
    EventKind.SMOKE_TEST: "run.smoke_test",
    EventKind.EVALUATION: "run.evaluation",
    EventKind.BREAKER: "run.breaker",
    EventKind.APPROVAL: "run.approval",
    EventKind.PROMOTION: "run.promotion",
}
"""Standard Webhooks recommends event types of dot-separated words."""


def webhook_body(event: DomainEvent, form: WebhookFormat) -> bytes | None:
    """The body of one event; None if the format omits it: Slack gets final statuses, not every change.

    `standard` is Standard Webhooks' `type`, `timestamp` and `data`, which follows docs/events.schema.json.
    """
    if form == "slack":
        text = _slack_text(event)
        return json.dumps({"text": text}).encode() if text else None
    data = event.model_dump(mode="json", exclude_none=True)
    return json.dumps({"type": TYPES[event.kind], "timestamp": data["at"], "data": data}).encode()


def _slack_text(event: DomainEvent) -> str:
    what = _sentence(event)
    simulated = " (simulated)" if event.simulated else ""
    return f"*{_escaped(event.run_id)}*: {_escaped(what)}{simulated}" if what else ""


def _sentence(event: DomainEvent) -> str:
    if event.change is not None:
        return _end(event)
    if event.smoke_test is not None:
        return "" if event.smoke_test.trusted else f"the grader is not trusted: {'; '.join(event.smoke_test.reasons)}"
    if event.evaluation is not None:
        return f"evaluation {event.evaluation.status}: {event.evaluation.verdict or event.evaluation.reason}"
    if event.breaker is not None:
        return f"breaker, {event.breaker.action}: {event.breaker.message}"
    if event.approval is not None:
        return f"awaits approval: {'; '.join(event.approval.reasons)}. rft approve {event.run_id}"
    return f"promotion {event.promotion.status}: {event.promotion.deployment}" if event.promotion else ""


def _end(event: DomainEvent) -> str:
    change = event.change
    if change is None or event.status not in TERMINAL:
        return ""
    if event.status is not RunStatus.COMPLETED and change.failure is not None:
        return f"{event.status} in {change.failure.stage}, {change.failure.error}: {change.failure.cause}"
    return f"{event.status}{f', reward {change.reward:.3f}' if change.reward is not None else ''}"


def _escaped(text: str) -> str:
    """Escapes Slack's control characters (Slack API, "Formatting text for app surfaces"), on one line."""
    return text_line(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
