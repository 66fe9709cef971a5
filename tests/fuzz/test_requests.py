"""Whatever is sent to the API, the answer is one that is documented, and what is accepted is stored as it was sent."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rft.contracts.http.api import RunView
from rft.contracts.run_request import RunRequest
from tests.kit.hostile_values import changed, texts, values
from tests.kit.requests import FULL_REQUEST
from tests.kit.strict_api import StrictApi

PATHS = (
    *("/runs/{}", "/runs/{}/approve", "/runs/{}/cancel", "/runs/{}/events"),
    *("/runs/{}/report", "/runs/{}/rollouts", "/runs/{}/files"),
    *("/experiments/{}", "/experiments/{}/cancel", "/deployments/{}", "/deployments/{}/rollback"),
)
FILTERS = (
    "status",
    "name",
    "tag",
    "limit",
    "cursor",
    "requested_by",
    "split",
    "task_id",
    "errors",
    "min_score",
    "format",
)
fuzzed = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


def check_accepted(api: StrictApi, sent: Any, status: int, body: Any) -> None:
    """An accepted request has an execution, and is shown as it was sent."""
    if status == 202:
        assert body["run_id"] in api.executions.started
        shown, view = api.send("GET", f"/runs/{body['run_id']}", body=None)
        assert (shown, RunView.model_validate(view).request) == (200, RunRequest.model_validate(sent))


def test_the_unmodified_request_is_accepted(api: StrictApi) -> None:
    check_accepted(api, FULL_REQUEST, *api.post(FULL_REQUEST))
    assert len(api.ledger.records) == 1


@fuzzed
@given(body=changed(FULL_REQUEST))
def test_a_request_with_any_field_changed(api: StrictApi, body: Any) -> None:
    check_accepted(api, body, *api.post(body))


@fuzzed
@given(body=values)
def test_any_json_as_a_request(api: StrictApi, body: Any) -> None:
    check_accepted(api, body, *api.post(body))


@fuzzed
@given(
    body=st.none() | st.text() | st.binary(max_size=200),
    headers=st.dictionaries(st.sampled_from(["Content-Type", "idempotency-key", "Accept"]) | texts, texts, max_size=3),
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS"]),
    path=st.sampled_from(["/runs", "/runs/", "/experiments", "/deployments"])
    | st.builds(str.format, st.sampled_from(PATHS), st.sampled_from(["x", "x-20261120t120000-0a1b2c3d"]) | texts),
)
def test_any_bytes_headers_methods_and_paths(api: StrictApi, body: Any, headers: Any, method: str, path: str) -> None:
    api.send_raw(method, path, body, headers)


@fuzzed
@given(query=st.dictionaries(st.sampled_from(FILTERS) | texts, texts | st.just("1"), max_size=3))
def test_any_query_and_any_answer_to_a_run(api: StrictApi, query: dict[str, str]) -> None:
    run_id = api.post(FULL_REQUEST)[1]["run_id"]
    api.send("GET", "/runs", body=None, queryStringParameters=query)
    for path in ("/experiments", f"/runs/{run_id}/rollouts", f"/runs/{run_id}/files", f"/runs/{run_id}/events"):
        api.send("GET", path, body=None, queryStringParameters=query)
    api.send("POST", f"/runs/{run_id}/approve", body=json.dumps({"approved": True, **query}))
    api.send("POST", f"/runs/{run_id}/cancel", body=json.dumps(query))
    assert api.send("GET", f"/runs/{run_id}", body=None)[0] == 200
