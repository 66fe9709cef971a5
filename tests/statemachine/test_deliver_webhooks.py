"""The state machine of webhooks: an endpoint is retried for about a day, and no error is lost."""

from __future__ import annotations

import json

from tests.kit.project import FUNCTIONS, ROOT

MACHINE = json.loads((ROOT / "statemachine" / "deliver_webhooks.asl.json").read_text())
SEND = MACHINE["States"]["SendToEndpoints"]["ItemProcessor"]["States"]["SendWebhook"]


def test_an_endpoint_is_retried_for_about_a_day_within_the_executions_time() -> None:
    (retry,) = SEND["Retry"]
    waits = [
        min(retry["IntervalSeconds"] * retry["BackoffRate"] ** n, retry["MaxDelaySeconds"])
        for n in range(retry["MaxAttempts"])
    ]
    assert 24 <= sum(waits) / 3600 <= 26
    assert sum(waits) + (len(waits) + 1) * SEND["TimeoutSeconds"] < MACHINE["TimeoutSeconds"]
    assert {"RetryableThrottling", "RetryableServiceError"} <= set(retry["ErrorEquals"])
    assert "WebhookRefused" not in retry["ErrorEquals"]


def test_an_undelivered_event_is_kept() -> None:
    (catch,) = SEND["Catch"]
    assert (catch["ErrorEquals"], catch["Next"]) == (["States.ALL"], "KeepUndelivered")
    assert SEND["TimeoutSeconds"] > FUNCTIONS["SendWebhook"]["Timeout"]
