"""`rft webhooks` against a stack that is not there: a function in memory."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

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

    secret_arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:hooks"

    def get_function_configuration(self, *, FunctionName: str) -> dict[str, Any]:  # noqa: N803
        assert FunctionName == "rft-SendWebhook-1"
        return {"Environment": {"Variables": {"WEBHOOK_SECRET_ARN": self.secret_arn}}}


class Secrets:
    def __init__(self) -> None:
        self.values: list[tuple[str, str]] = []

    def put_secret_value(self, *, SecretId: str, SecretString: str) -> dict[str, Any]:  # noqa: N803
        self.values.append((SecretId, SecretString))
        return {"VersionId": f"v{len(self.values)}"}


def stack(monkeypatch: pytest.MonkeyPatch, functions: Functions, secrets: Secrets | None = None) -> None:
    monkeypatch.setattr(Deployment, "secrets", lambda _self: secrets)
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
def test_a_failed_delivery_is_an_error(
    rft: Rft, monkeypatch: pytest.MonkeyPatch, result: dict[str, Any], error: str | None, shown: str
) -> None:
    stack(monkeypatch, Functions(result, error))
    ended = rft("webhooks", "test", "--stack", "rft")
    assert ended.status == 1
    assert shown in ended.err


def test_a_rotation_writes_another_secret_and_shows_where_it_is(rft: Rft, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = Secrets()
    stack(monkeypatch, Functions({}), secrets)
    shown = [rft("webhooks", "rotate", "--stack", "rft").out for _ in range(2)]
    assert {arn for arn, _ in secrets.values} == {Functions.secret_arn}
    first, second = (value for _, value in secrets.values)
    assert first != second
    now = datetime.now(UTC)
    assert Webhook(second).sign("id", now, "{}") != Webhook(first).sign("id", now, "{}")
    assert "version v1" in shown[0]
    assert "get-secret-value" in shown[0]
    assert not any(value.removeprefix("whsec_") in out for _, value in secrets.values for out in shown)


def test_a_stack_that_signs_nothing_has_no_secret_to_rotate(rft: Rft, monkeypatch: pytest.MonkeyPatch) -> None:
    functions, secrets = Functions({}), Secrets()
    functions.secret_arn = ""
    stack(monkeypatch, functions, secrets)
    ended = rft("webhooks", "rotate", "--stack", "rft")
    assert (ended.status, secrets.values) == (1, [])
    assert "WebhookSecretArn" in ended.err
