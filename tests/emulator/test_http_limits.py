"""The HTTP API's limits: throttling and integration timeout."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any

import pytest
from werkzeug.test import Client

from emulator.functions.concurrency import TooManyInvocations
from emulator.functions.invocation import InvokeResult, unhandled_error
from emulator.http.api import ApiSettings, HttpApi
from emulator.http.throttle import Throttle, ThrottleSettings

ARN = "arn:aws:lambda:us-east-1:123456789012:function:web"
URI = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{ARN}/invocations"
DOCUMENT = {"paths": {path: {"get": {"x-amazon-apigateway-integration": {"uri": URI}}} for path in ("/a", "/b")}}


def api(invoke: Any, **settings: Any) -> Client:
    """Return a client of an API with one function and no authorizer."""
    policies: Any = SimpleNamespace(allows_service=lambda *_, **__: True)
    functions: Any = SimpleNamespace(invoke=invoke)
    known = {"throttle": ThrottleSettings(), **settings}
    facts = {"api_id": "api", "region": "us-east-1", "account": "123456789012", "fetch": lambda _: {}}
    return Client(HttpApi(ApiSettings(document=DOCUMENT, **facts, **known), functions, SimpleNamespace(), policies))  # type: ignore[arg-type]


def test_a_burst_beyond_the_limit_is_throttled_on_that_route_alone() -> None:
    client = api(lambda *_: InvokeResult(b'"done"'), throttle=ThrottleSettings(rate=0.001, burst=2))
    assert [client.get("/a").status_code for _ in range(3)] == [200, 200, 429]
    assert client.get("/a").json == {"message": "Too Many Requests"}
    assert client.get("/b").status_code == 200


def test_tokens_refill_at_the_rate_up_to_the_burst() -> None:
    now = [0.0]
    throttle = Throttle(ThrottleSettings(rate=2, burst=3), clock=lambda: now[0])
    assert [throttle.admits("a") for _ in range(4)] == [True, True, True, False]
    now[0] = 0.5
    assert [throttle.admits("a") for _ in range(2)] == [True, False]
    now[0] = 100.0
    assert [throttle.admits("a") for _ in range(4)] == [True, True, True, False]


def test_a_function_beyond_the_integration_timeout_is_unavailable() -> None:
    done = threading.Event()

    def invoke(*_: object) -> InvokeResult:
        done.wait()
        return InvokeResult(b"{}")

    answer = api(invoke, integration_seconds=0.05).get("/a")
    done.set()
    assert (answer.status_code, answer.json) == (503, {"message": "Service Unavailable"})


@pytest.mark.parametrize(
    ("result", "status", "cause"),
    [
        (TooManyInvocations("full"), 503, "GET /a: 503: TooManyInvocations"),
        (OSError("no process can be started"), 500, "GET /a: 500: internal error in the emulator"),
        (unhandled_error("Sandbox.Timedout", "Task timed out"), 500, "GET /a: 500: the function failed with Sandbox.T"),
        (InvokeResult(b"<html>", "Unhandled"), 500, "GET /a: 500: the function failed with no JSON"),
    ],
)
def test_every_integration_failure_has_a_body_and_a_log_line(
    caplog: pytest.LogCaptureFixture, result: InvokeResult | Exception, status: int, cause: str
) -> None:
    def invoke(*_: object) -> InvokeResult:
        if isinstance(result, Exception):
            raise result
        return result

    answer = api(invoke).get("/a")
    assert (answer.status_code, list(answer.json or {})) == (status, ["message"])
    (record,) = caplog.records
    assert record.getMessage().startswith(cause)
