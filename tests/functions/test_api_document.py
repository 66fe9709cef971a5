"""The API's function: sample events, the OpenAPI document, logs, and any body."""

from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rft.contracts.http.api import RunView
from rft.contracts.http.openapi import read_descriptions
from rft.contracts.run_request import RunRequest
from rft.observability import logger
from tests.kit.api_function import (
    BODY,
    GET_EVENT,
    POST_EVENT,
    YES,
    Answer,
    Client,
    changed,
    waiting,
    with_dataset,
)
from tests.kit.fake_promotion import BEFORE, change
from tests.kit.lambda_runtime import Context
from tests.kit.project import RESOURCES, read_event

PARTS = ("events", "report", "rollouts", "files", "cancel", "approve")


EVENTS = Path(__file__).parents[2] / "events"


ROLLBACK_EVENT: dict[str, Any] = read_event("api_roll_back_deployment")


DELETE_EVENT: dict[str, Any] = read_event("api_delete_deployment")


def promoted(api: Client) -> Client:
    """A deployment that was promoted to twice, as the rollback's event names it."""
    name = ROLLBACK_EVENT["pathParameters"]["name"]
    api.deployments.create(name, "arn:new", tags={}, token="t")
    record = api.records.get(name).adding(change(BEFORE, None)).adding(change("arn:new", BEFORE))
    api.records.put(record)
    return api


class TestEventFiles:
    @pytest.mark.parametrize("path", sorted(EVENTS.glob("api*.json")), ids=lambda path: path.stem)
    def test_each_sample_event_is_a_request_that_the_api_knows(self, api: Client, path: Path) -> None:
        answer = api.send(json.loads(path.read_text()))
        assert answer.status in {200, 202, 404} or path.stem == "api_refuse_address"
        assert answer.status != 404 or re.match("(Run|Experiment|deployment) ", answer.problem.detail)

    def test_there_is_a_sample_event_for_each_route(self) -> None:
        routes = {json.loads(path.read_text())["routeKey"] for path in EVENTS.glob("api*.json")}
        events = [event["Properties"] for event in RESOURCES["Api"]["Properties"]["Events"].values()]
        assert routes == {f"{event['Method']} {event['Path']}" for event in events}


class TestOpenApi:
    def test_it_describes_every_route_and_every_problem(self, api: Client) -> None:
        document = api.get("/openapi.json").body
        under_a_run = {f"/runs/{{run_id}}{part}" for part in ("", *(f"/{name}" for name in PARTS))}
        deployments = {"/openapi.json", "/deployments", "/deployments/{name}", "/deployments/{name}/rollback"}
        experiments = {f"/experiments{part}" for part in ("", "/{experiment_id}", "/{experiment_id}/cancel")}
        assert set(document["paths"]) == {"/runs"} | deployments | under_a_run | experiments
        answers = document["paths"]["/runs"]["post"]["responses"]
        assert set(answers) == {"200", "202", "400", "409", "413", "415", "422", "500", "503"}
        for status, answer in answers.items():
            media_type = "application/json" if int(status) < 300 else "application/problem+json"
            assert list(answer["content"]) == [media_type]
        assert answers["422"]["content"]["application/problem+json"]["schema"]["$ref"].endswith("/Problem")
        assert not {name for name in document["components"]["schemas"] if name.endswith("ValidationError")}

    def test_it_is_valid_and_every_reference_resolves(self, api: Client) -> None:
        document = api.get("/openapi.json").body
        text = json.dumps(document)
        schemas = document["components"]["schemas"]
        assert set(re.findall(r'"#/components/schemas/([^"]+)"', text)) == set(schemas)
        assert re.findall(r'"(ge|le|gt|lt)": [0-9]', text) == []
        operations = [operation for path in document["paths"].values() for operation in path.values()]
        assert [each["operationId"] for each in operations if not {"400", "404", "422"} & set(each["responses"])] == []

    def test_every_property_is_described_and_every_description_is_used(self, api: Client) -> None:
        schemas = api.get("/openapi.json").body["components"]["schemas"]
        properties = {
            (model, name): part for model, s in schemas.items() for name, part in s.get("properties", {}).items()
        }
        assert [".".join(key) for key, part in properties.items() if not part.get("description")] == []
        names = {name for _, name in properties} | {".".join(key) for key in properties}
        assert set(read_descriptions()) - names == set()

    def test_its_examples_match_their_schemas(self, api: Client) -> None:
        document = api.get("/openapi.json").body
        components, checked = document["components"], 0
        for operation in (operation for path in document["paths"].values() for operation in path.values()):
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            for example in body.get("examples", {}).values():
                jsonschema.validate(example["value"], {**body["schema"], "components": components})
                checked += 1
            for parameter in operation.get("parameters", ()):
                if "example" in parameter:
                    jsonschema.validate(parameter["example"], {**parameter["schema"], "components": components})
                    checked += 1
        assert checked > 10

    def test_callers_must_sign(self, api: Client) -> None:
        document = api.get("/openapi.json").body
        assert document["security"] == [{"sigv4": []}]
        scheme = document["components"]["securitySchemes"]["sigv4"]
        assert (scheme["name"], scheme["x-amazon-apigateway-authtype"]) == ("Authorization", "awsSigv4")

    @pytest.mark.parametrize(
        ("method", "path", "call"),
        [
            ("post", "/runs", lambda api: api.post()),
            ("post", "/runs", lambda api: (api.post(key="k"), api.post(key="k"))[1]),
            ("post", "/runs", lambda api: api.post({})),
            ("post", "/runs", lambda api: api.post("{")),
            ("post", "/runs", lambda api: api.post("x", **{"content-type": "text/plain"})),
            ("get", "/runs", lambda api: (api.post(), api.get("/runs"))[1]),
            ("get", "/runs", lambda api: api.get("/runs", limit="0")),
            ("get", "/deployments", lambda api: promoted(api).get("/deployments")),
            ("post", "/deployments/{name}/rollback", lambda api: promoted(api).send(ROLLBACK_EVENT)),
            ("post", "/deployments/{name}/rollback", lambda api: api.send(ROLLBACK_EVENT)),
            ("delete", "/deployments/{name}", lambda api: promoted(api).send(DELETE_EVENT)),
            ("delete", "/deployments/{name}", lambda api: api.send(DELETE_EVENT)),
            ("get", "/runs/{run_id}", lambda api: api.get(api.post().headers["Location"])),
            ("get", "/runs/{run_id}", lambda api: api.send(GET_EVENT)),
            ("get", "/runs/{run_id}/events", lambda api: api.get(api.post().body["links"]["events"])),
            ("post", "/runs/{run_id}/cancel", lambda api: api.cancel(api.post().body["run_id"])),
            ("post", "/runs/{run_id}/cancel", lambda api: api.cancel("no-such-run")),
            ("post", "/runs/{run_id}/approve", lambda api: api.approve(waiting(api), YES)),
            ("post", "/runs/{run_id}/approve", lambda api: api.approve(waiting(api), {})),
            ("post", "/runs/{run_id}/approve", lambda api: api.approve(api.post().body["run_id"], YES)),
        ],
    )
    def test_responses_match_their_schemas(
        self, api: Client, method: str, path: str, call: Callable[[Client], Answer]
    ) -> None:
        document = api.get("/openapi.json").body
        answer = call(api)
        content = document["paths"][path][method]["responses"][str(answer.status)]["content"]
        schema = content[answer.headers["Content-Type"]]["schema"]
        jsonschema.validate(answer.body, {**schema, "components": document["components"]})

    def test_the_sample_event_matches_the_schema(self, api: Client) -> None:
        document = api.get("/openapi.json").body
        schema = document["paths"]["/runs"]["post"]["requestBody"]["content"]["application/json"]["schema"]
        jsonschema.validate(BODY, {**schema, "components": document["components"]})


class TestLogs:
    def test_log_lines_have_the_run_id_and_nothing_of_the_request(
        self, monkeypatch: pytest.MonkeyPatch, api: Client
    ) -> None:
        lines = io.StringIO()
        monkeypatch.setattr(logger().registered_handler, "stream", lines)
        run_id = api.post(changed(tags={"note": "very-private"})).body["run_id"]
        api.post(changed(tags={"note": "very-private!"}))
        api.post(with_dataset(uri="s3://very-private/x"))
        logged = [json.loads(line) for line in lines.getvalue().splitlines()]
        assert [line.get("run_id") for line in logged] == [run_id, None, None]
        assert [line.get("status") for line in logged] == ["PENDING", 422, 422]
        assert "very-private" not in lines.getvalue()
        assert BODY["dataset"]["uri"] not in lines.getvalue()

    def test_a_bug_is_logged_in_full(self, monkeypatch: pytest.MonkeyPatch, api: Client) -> None:
        lines = io.StringIO()
        monkeypatch.setattr(logger().registered_handler, "stream", lines)
        api.executions.fails_with = [RuntimeError("what went wrong")]
        api.post(key="k")
        failed = json.loads(lines.getvalue().splitlines()[0])
        assert failed["level"] == "ERROR"
        assert "what went wrong" in failed["exception"]
        assert failed["function_request_id"] == Context().aws_request_id


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


requests = st.fixed_dictionaries(
    {},
    optional={
        "name": st.just("run") | json_values,
        "dataset": st.fixed_dictionaries(
            {}, optional={"task": st.sampled_from(["pandalm", "rft"]) | json_values, "uri": st.text() | json_values}
        )
        | json_values,
        "grader": st.just({"name": "pandalm"}) | json_values,
        "hyperparameters": st.dictionaries(st.sampled_from(["epochCount", "learningRate"]), json_values) | json_values,
        "mode": st.sampled_from(["train", "preflight"]) | json_values,
        "max_training_hours": json_values,
        "tags": st.dictionaries(st.text(), st.text(), max_size=3) | json_values,
    },
)


def numbers(low: float, high: float) -> st.SearchStrategy[float]:
    return st.floats(low, high, allow_nan=False) | st.integers(int(low), int(high))


numeric_requests = st.builds(
    lambda hours, score, share, samples, tokens, rate: (
        with_dataset(split={"train": 0.9 - share, "validation": 0.1, "test": share}, max_samples=samples)
        | {"max_training_hours": hours, "smoke_test": {"minimum_score": score}}
        | {"hyperparameters": {"inferenceMaxTokens": tokens, "learningRate": rate}}
    ),
    numbers(0, 240),
    numbers(0, 1),
    numbers(0, 0.5),
    st.integers(1, 2**31),
    st.integers(1, 2**31),
    numbers(1e-7, 1e-3),
)


class TestOnDynamo:
    """A request is stored as it was sent, whatever its numbers."""

    @settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(body=numeric_requests)
    def test_a_run_is_shown_with_its_request(self, dynamo_api: Client, body: dict[str, Any]) -> None:
        answer = dynamo_api.post(body)
        if answer.status == 422:
            assert answer.problem.errors
            return
        assert answer.status == 202
        view = RunView.model_validate(dynamo_api.get(answer.headers["Location"]).body)
        assert view.request == RunRequest.model_validate(body)

    def test_a_repeat_is_distinguished_from_the_first_request(self, dynamo_api: Client) -> None:
        assert [dynamo_api.post(key="k").status for _ in range(3)] == [202, 200, 200]
        assert dynamo_api.post(changed(mode="preflight"), key="k").problem.status == 409
        assert len(dynamo_api.executions.started) == 1


class TestAnyBody:
    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=300)
    @given(body=requests | json_values, key=st.none() | st.text(max_size=5))
    def test_no_json_body_or_key_makes_a_server_error(self, api: Client, body: Any, key: str | None) -> None:
        answer = api.post(json.dumps(body), key=key)
        if answer.status not in (200, 202):
            assert answer.problem.status in (400, 409, 413, 422)

    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
    @given(body=st.binary(), path=st.text())
    def test_no_bytes_or_path_make_a_server_error(self, api: Client, body: bytes, path: str) -> None:
        event = {**POST_EVENT, "body": base64.b64encode(body).decode(), "isBase64Encoded": True}
        assert api.send(event).problem.status in (400, 422)
        assert api.get("/runs/" + path).problem.status in (404, 422)
