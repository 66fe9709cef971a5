"""Whatever is sent to the API, the answer is one that is documented, and what is accepted is stored as it was sent."""

from __future__ import annotations

import base64
import copy
import json
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rft import wiring
from rft.contracts.http.api import RunView
from rft.contracts.http.problem import Problem
from rft.contracts.run_request import RunRequest
from tests.kit.fakes.clock import FixedClock
from tests.kit.fakes.executions import MemoryExecutions
from tests.kit.fakes.jobs import MemoryJobs
from tests.kit.fakes.models import MemoryDeploymentRecords, MemoryDeployments
from tests.kit.fakes.strict import StrictLedger, StrictNotifier
from tests.kit.hostile_values import changed, texts, values
from tests.kit.lambda_runtime import Context, load_function
from tests.kit.project import read_event
from tests.kit.requests import FULL_REQUEST

POST: dict[str, Any] = read_event("api")
REFUSALS = {400, 404, 405, 409, 413, 415, 422}
fuzzed = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


@dataclass
class Api:
    """The handler, with a ledger that is as strict as DynamoDB."""

    module: Any
    ledger: StrictLedger
    executions: MemoryExecutions

    def send(self, method: str, path: str, **event: Any) -> tuple[int, Any]:
        """Status and body; a refusal is a problem that has no traceback."""
        given = {**copy.deepcopy(POST), "rawPath": path, **event}
        given["requestContext"]["http"]["method"] = method
        answer = self.module.handler(given, Context())
        body = json.loads(answer["body"], parse_constant=_refuse)
        assert "Traceback" not in answer["body"]
        if answer["statusCode"] >= 300:
            assert answer["statusCode"] in REFUSALS
            assert Problem.model_validate(body).status == answer["statusCode"]
        return answer["statusCode"], body

    def post(self, body: Any) -> tuple[int, Any]:
        return self.send("POST", "/runs", body=json.dumps(body))


def _refuse(constant: str) -> None:
    raise AssertionError(f"{constant} is no JSON")


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Api:
    monkeypatch.setenv("DATA_BUCKET", "data-bucket")
    monkeypatch.setenv("ALLOWED_HOSTS", "raw.githubusercontent.com")
    monkeypatch.setenv("GRADERS", json.dumps({"rubric": "arn:aws:lambda:us-east-1:123456789012:function:rubric"}))
    clock = FixedClock()
    made = Api(load_function("api"), StrictLedger(clock), MemoryExecutions())
    made.module.app.dependency_overrides = {
        wiring.clock: lambda: clock,
        wiring.ledger: lambda: made.ledger,
        wiring.run_history: lambda: made.ledger,
        wiring.approvals: lambda: made.ledger,
        wiring.job_queue: lambda: made.ledger,
        wiring.executions: lambda: made.executions,
        wiring.training_jobs: lambda: MemoryJobs(clock),
        wiring.model_deployments: MemoryDeployments,
        wiring.deployment_records: MemoryDeploymentRecords,
        wiring.notifier: StrictNotifier,
    }
    return made


def check_accepted(api: Api, sent: Any, status: int, body: Any) -> None:
    """An accepted request has an execution, and is shown as it was sent."""
    if status == 202:
        assert body["run_id"] in api.executions.started
        shown, view = api.send("GET", f"/runs/{body['run_id']}", body=None)
        assert (shown, RunView.model_validate(view).request) == (200, RunRequest.model_validate(sent))


def test_the_request_that_is_changed_is_accepted(api: Api) -> None:
    check_accepted(api, FULL_REQUEST, *api.post(FULL_REQUEST))
    assert len(api.ledger.records) == 1


@fuzzed
@given(body=changed(FULL_REQUEST))
def test_a_request_with_any_field_changed(api: Api, body: Any) -> None:
    check_accepted(api, body, *api.post(body))


@fuzzed
@given(body=values)
def test_any_json_as_a_request(api: Api, body: Any) -> None:
    check_accepted(api, body, *api.post(body))


@fuzzed
@given(
    body=st.none() | st.text() | st.binary(max_size=200),
    headers=st.dictionaries(st.sampled_from(["Content-Type", "idempotency-key", "Accept"]) | texts, texts, max_size=3),
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS"]),
    path=st.sampled_from(["/runs", "/runs/", "/runs/x/approve", "/runs/x/cancel"]) | texts.map(lambda t: f"/runs/{t}"),
)
def test_any_bytes_headers_methods_and_paths(api: Api, body: Any, headers: Any, method: str, path: str) -> None:
    encoded = isinstance(body, bytes)
    text = base64.b64encode(body).decode() if encoded else body
    api.send(method, path, body=text, isBase64Encoded=encoded, headers=headers)


@fuzzed
@given(query=st.dictionaries(st.sampled_from(["status", "name", "tag", "limit", "cursor"]) | texts, texts, max_size=3))
def test_any_query_and_any_answer_to_a_run(api: Api, query: dict[str, str]) -> None:
    run_id = api.post(FULL_REQUEST)[1]["run_id"]
    api.send("GET", "/runs", body=None, queryStringParameters=query)
    api.send("POST", f"/runs/{run_id}/approve", body=json.dumps({"approved": True, **query}))
    api.send("POST", f"/runs/{run_id}/cancel", body=json.dumps(query))
    assert api.send("GET", f"/runs/{run_id}", body=None)[0] == 200
