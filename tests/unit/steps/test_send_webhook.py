from __future__ import annotations

import json
from typing import Any

import pytest

from rft.contracts.ledger import RunStatus
from rft.contracts.outbound.domain_events import DomainEvent
from rft.contracts.outbound.webhooks import Endpoint, WebhookResult
from rft.errors import WebhookRefused
from rft.settings import WebhookSettings
from rft.steps.send_webhook import send_webhook
from tests.kit.fakes.clock import FixedClock
from tests.kit.fakes.ledger import MemoryLedger
from tests.kit.fakes.webhooks import MemoryWebhooks
from tests.kit.project import read_event
from tests.kit.records import RUN_ID, add_run

EVENT = DomainEvent.model_validate(read_event("send_webhook")["event"]).model_copy(update={"run_id": RUN_ID})


def send(
    endpoint: Endpoint = "stack", event: DomainEvent = EVENT, notify: dict[str, Any] | None = None, **settings: str
) -> tuple[WebhookResult, MemoryWebhooks]:
    ledger, sender = MemoryLedger(FixedClock()), MemoryWebhooks()
    add_run(ledger, RunStatus.FAILED, notify=notify or {})
    result = send_webhook(
        endpoint=endpoint,
        event=event,
        settings=WebhookSettings.model_validate(settings),
        ledger=ledger,
        sender=sender,
        clock=FixedClock(),
    )
    return result, sender


def test_the_stacks_endpoint_receives_the_event_with_its_id() -> None:
    result, sender = send(WEBHOOK_URL="https://hooks.example.org/a?b=c")
    ((host, target, message_id, body),) = sender.sent
    assert (result.sent, host, target, message_id) == (True, "hooks.example.org", "/a?b=c", EVENT.id)
    sent = json.loads(body)
    assert (sent["type"], sent["data"]["id"]) == ("run.status", EVENT.id)
    assert DomainEvent.model_validate(sent["data"]) == EVENT


@pytest.mark.parametrize("endpoint", ["stack", "run"])
def test_an_endpoint_that_is_not_configured_is_skipped(endpoint: Endpoint) -> None:
    result, sender = send(endpoint)
    assert (result.sent, result.skipped, sender.sent) == (False, "no endpoint", [])


def test_a_runs_endpoint_gets_the_event_if_its_host_is_allowed() -> None:
    notify = {"webhook": "https://hooks.example.org/run", "webhook_format": "slack"}
    _, sender = send("run", notify=notify, WEBHOOK_HOSTS="hooks.example.org")
    text = json.loads(sender.sent[0][3])["text"]
    assert text == f"*{RUN_ID}*: FAILED in TRAINING, TrainingJobFailed: the grader timed out"
    with pytest.raises(WebhookRefused, match="not allowed"):
        send("run", notify=notify, WEBHOOK_HOSTS="other.example.org")


def test_slack_receives_only_selected_statuses() -> None:
    event = EVENT.model_copy(update={"status": RunStatus.TRAINING})
    result, sender = send(event=event, WEBHOOK_URL="https://hooks.slack.com/x", WEBHOOK_FORMAT="slack")
    assert (result.skipped, sender.sent) == ("not sent in the format slack", [])


def test_control_characters_are_escaped_in_text_for_slack() -> None:
    failure = EVENT.change.failure.model_copy(update={"cause": "<!channel> & \x1b[2J"})  # type: ignore[union-attr]
    change = EVENT.change.model_copy(update={"failure": failure})  # type: ignore[union-attr]
    event = EVENT.model_copy(update={"change": change})
    _, sender = send(event=event, WEBHOOK_URL="https://hooks.slack.com/x", WEBHOOK_FORMAT="slack")
    assert json.loads(sender.sent[0][3])["text"].endswith(r"&lt;!channel&gt; &amp; \x1b[2J")


@pytest.mark.parametrize(
    "url", ["https://a@b.example.org/", "https://b.example.org:8443/", "http://b.example.org/", "https:///x"]
)
def test_an_address_that_is_not_plain_https_is_refused(url: str) -> None:
    with pytest.raises(WebhookRefused):
        send(WEBHOOK_URL=url)
