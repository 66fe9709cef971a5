"""`rft webhooks test` against a stack that is not there: a function in memory."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from rft.contracts.outbound.webhooks import WebhookDelivery
from rft_client.deployment import Deployment
from tests.kit.rft_command import Rft


class Functions:
    def __init__(self, result: dict[str, Any], error: str | None = None) -> None:
        self.result, self.error = result, error
        self.sent: list[WebhookDelivery] = []

    def invoke(self, *, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803
        assert FunctionName == "rft-SendWebhook-1"
        self.sent.append(WebhookDelivery.model_validate_json(Payload))
        return {"Payload": io.BytesIO(json.dumps(self.result).encode()), "FunctionError": self.error}


def stack(monkeypatch: pytest.MonkeyPatch, functions: Functions) -> None:
    monkeypatch.setattr(Deployment, "output", lambda _self, _name: "rft-SendWebhook-1")
    monkeypatch.setattr(Deployment, "functions", lambda _self: functions)


def test_a_test_event_is_sent_through_the_stack(rft: Rft, monkeypatch: pytest.MonkeyPatch) -> None:
    functions = Functions({"sent": True, "skipped": "", "signatures": 2})
    stack(monkeypatch, functions)
    assert "2 signature(s)" in rft("webhooks", "test", "--stack", "rft").out
    (delivery,) = functions.sent
    assert (delivery.endpoint, delivery.event.tags, delivery.event.simulated) == ("stack", {"test": "true"}, True)


@pytest.mark.parametrize(
    ("result", "error", "shown"),
    [
        ({"errorType": "WebhookRefused", "errorMessage": "h answered 410"}, "Unhandled", "h answered 410"),
        ({"sent": False, "skipped": "no endpoint", "signatures": 0}, None, "WebhookUrl"),
    ],
)
def test_what_was_not_delivered_is_an_error(
    rft: Rft, monkeypatch: pytest.MonkeyPatch, result: dict[str, Any], error: str | None, shown: str
) -> None:
    stack(monkeypatch, Functions(result, error))
    ended = rft("webhooks", "test", "--stack", "rft")
    assert ended.status == 1
    assert shown in ended.err
