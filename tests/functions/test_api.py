"""The HTTP API through its handler, with payload 2.0 events and ports in memory."""

from __future__ import annotations

import base64
import copy
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rft import wiring
from rft.contracts.http.api import RunList, RunView
from rft.contracts.http.openapi import read_descriptions
from rft.contracts.http.principal import Principal
from rft.contracts.http.problem import PROBLEMS, Problem
from rft.contracts.ledger import RunStatus
from rft.contracts.run_request import RunRequest
from rft.errors import RetryableQuota, RetryableServiceError, RetryableThrottling
from rft.observability import logger
from rft.runs.approval import requested
from tests.kit.fake_promotion import BEFORE, change
from tests.kit.fakes.clock import FixedClock
from tests.kit.fakes.dynamo import TABLE, DynamoStores, ledger_table
from tests.kit.fakes.executions import MemoryExecutions
from tests.kit.fakes.jobs import MemoryJobs
from tests.kit.fakes.ledger import MemoryLedger
from tests.kit.fakes.models import MemoryDeploymentRecords, MemoryDeployments
from tests.kit.fakes.notifier import MemoryNotifier
from tests.kit.fakes.rollout_reader import MemoryRollouts
from tests.kit.fakes.run_files import MemoryRunFiles
from tests.kit.fakes.store import MemoryStore
from tests.kit.lambda_runtime import Context, load_function
from tests.kit.project import RESOURCES, read_event
from tests.kit.rollouts import AT, rollout

PARTS = ("events", "report", "rollouts", "files", "cancel", "approve")
EVENTS = Path(__file__).parents[2] / "events"
POST_EVENT: dict[str, Any] = read_event("api")
GET_EVENT: dict[str, Any] = read_event("api_get_run")
ROLLBACK_EVENT: dict[str, Any] = read_event("api_roll_back_deployment")
DELETE_EVENT: dict[str, Any] = read_event("api_delete_deployment")
CANCEL_EVENT: dict[str, Any] = read_event("api_cancel_run")
APPROVE_EVENT: dict[str, Any] = read_event("api_approve_run")
YES = {"approved": True, "by": "Ada"}
BODY: dict[str, Any] = json.loads(POST_EVENT["body"])
PIPELINE = Principal(type="iam", id="arn:aws:iam::123456789012:role/pipeline")
GRADER_ARN = "arn:aws:lambda:us-east-1:123456789012:function:pandalm"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: Any

    @property
    def problem(self) -> Problem:
        assert self.headers["Content-Type"] == "application/problem+json"
        problem = Problem.model_validate(self.body)
        assert problem.status == self.status
        assert problem.type.endswith(PROBLEMS[self.status][0])
        assert problem.instance == f"urn:uuid:{Context().aws_request_id}"
        return problem

    @property
    def fields(self) -> list[str]:
        return [error.field for error in self.problem.errors]


class Client:
    """Speaks to the handler as API Gateway does."""

    def __init__(self, clock: FixedClock) -> None:
        self.module = load_function("api")
        self.clock = clock
        self.ledger = MemoryLedger(clock)
        self.executions = MemoryExecutions()
        self.jobs = MemoryJobs(clock)
        self.notifier = MemoryNotifier()
        self.deployments = MemoryDeployments()
        self.records = MemoryDeploymentRecords()
        self.store = MemoryStore()
        self.rollouts = MemoryRollouts()
        self.module.app.dependency_overrides = {
            wiring.clock: lambda: clock,
            wiring.ledger: lambda: self.ledger,
            wiring.run_history: lambda: self.ledger,
            wiring.approvals: lambda: self.ledger,
            wiring.job_queue: lambda: self.ledger,
            wiring.executions: lambda: self.executions,
            wiring.training_jobs: lambda: self.jobs,
            wiring.model_deployments: lambda: self.deployments,
            wiring.deployment_records: lambda: self.records,
            wiring.notifier: lambda: self.notifier,
            wiring.object_store: lambda: self.store,
            wiring.rollout_reader: lambda: self.rollouts,
            wiring.run_files: lambda: MemoryRunFiles(self.store),
        }

    def send(self, event: dict[str, Any]) -> Answer:
        answer = self.module.handler(event, Context())
        assert answer["isBase64Encoded"] is False
        return Answer(answer["statusCode"], answer["headers"], json.loads(answer["body"]))

    def post(self, body: Any = BODY, *, key: str | None = None, **headers: str) -> Answer:
        event = copy.deepcopy(POST_EVENT)
        event["body"] = body if isinstance(body, str) else json.dumps(body)
        del event["headers"]["idempotency-key"]
        event["headers"] |= headers | ({} if key is None else {"idempotency-key": key})
        return self.send(event)

    def get(self, path: str, **query: str) -> Answer:
        event = {**copy.deepcopy(GET_EVENT), "rawPath": path, "queryStringParameters": query}
        return self.send(event)

    def cancel(self, run_id: str, body: str | None = None) -> Answer:
        event = {**copy.deepcopy(CANCEL_EVENT), "rawPath": f"/runs/{run_id}/cancel"}
        return self.send(event if body is None else {**event, "body": body})

    def approve(self, run_id: str, body: Any) -> Answer:
        event = {**copy.deepcopy(APPROVE_EVENT), "rawPath": f"/runs/{run_id}/approve", "body": json.dumps(body)}
        return self.send(event)

    def request(self, method: str, path: str) -> Answer:
        event = {**copy.deepcopy(GET_EVENT), "rawPath": path}
        event["requestContext"]["http"]["method"] = method
        return self.send(event)


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setenv("DATA_BUCKET", "data-bucket")
    monkeypatch.setenv("ALLOWED_HOSTS", "raw.githubusercontent.com")
    monkeypatch.setenv("GRADERS", json.dumps({"pandalm": GRADER_ARN}))
    return Client(FixedClock())


@pytest.fixture
def dynamo_api(api: Client) -> Iterator[Client]:
    with ledger_table() as client:
        stores = DynamoStores(client, table=TABLE, clock=api.clock)
        for port in (wiring.ledger, wiring.run_history, wiring.approvals, wiring.job_queue):
            api.module.app.dependency_overrides[port] = lambda: stores
        yield api


def changed(**parts: Any) -> dict[str, Any]:
    return {**copy.deepcopy(BODY), **parts}


def with_dataset(**parts: Any) -> dict[str, Any]:
    return changed(dataset={**BODY["dataset"], **parts})


class TestStartRun:
    def test_a_run_is_recorded_and_its_execution_started(self, api: Client) -> None:
        answer = api.send(POST_EVENT)
        run_id = answer.body["run_id"]
        assert answer.status == 202
        assert answer.body["status"] == "PENDING"
        assert answer.headers["Location"] == answer.body["links"]["self"] == f"/runs/{run_id}"
        assert api.ledger.get(run_id).execution_arn is not None
        started = api.executions.started[run_id]
        assert started["run_id"] == run_id
        assert started["request"]["dataset"]["uri"] == BODY["dataset"]["uri"]

    def test_without_a_key_each_request_is_a_run(self, api: Client) -> None:
        first, second = api.post(), api.post()
        assert first.status == second.status == 202
        assert first.body["run_id"] != second.body["run_id"]
        assert len(api.executions.started) == 2

    def test_a_repeat_with_the_same_key_meets_the_same_run(self, api: Client) -> None:
        first = api.post(key="nightly 7,a")
        api.ledger.transition(first.body["run_id"], RunStatus.PREPARING)
        repeats = [api.post(key="nightly 7,a") for _ in range(3)]
        assert [answer.status for answer in repeats] == [200, 200, 200]
        assert {answer.body["run_id"] for answer in repeats} == {first.body["run_id"]}
        assert repeats[0].body["status"] == "PREPARING"
        assert repeats[0].headers["Location"] == first.headers["Location"]
        assert len(api.executions.started) == 1

    @pytest.mark.parametrize("body", [changed(max_training_hours=5), changed(name="other")])
    def test_another_request_with_the_same_key_is_refused(self, api: Client, body: dict[str, Any]) -> None:
        api.post(key="k")
        answer = api.post(body, key="k")
        assert answer.status == answer.problem.status == 409
        assert len(api.ledger.records) == len(api.executions.started) == 1

    def test_a_run_that_has_ended_is_not_started_again(self, api: Client) -> None:
        run_id = api.post(key="k").body["run_id"]
        api.ledger.transition(run_id, RunStatus.CANCELLED)
        answer = api.post(key="k")
        assert (answer.status, answer.body["status"]) == (200, "CANCELLED")

    def test_a_base64_body_is_read(self, api: Client) -> None:
        body = base64.b64encode(json.dumps(BODY).encode()).decode()
        assert api.send({**POST_EVENT, "body": body, "isBase64Encoded": True}).status == 202

    @pytest.mark.parametrize("media_type", ["application/json; charset=utf-8", None])
    def test_content_type_may_say_more_or_nothing(self, api: Client, media_type: str | None) -> None:
        headers = {} if media_type is None else {"Content-Type": media_type}
        assert api.send({**POST_EVENT, "headers": headers}).status == 202

    def test_an_https_dataset_and_a_foreign_grader_are_taken(self, api: Client) -> None:
        body = with_dataset(uri="https://raw.githubusercontent.com/WeOpenML/PandaLM/main/data/testset-v1.json")
        assert api.post({**body, "grader": {"lambda_arn": GRADER_ARN}}).status == 202


def as_caller(event: dict[str, Any], arn: str) -> dict[str, Any]:
    changed = copy.deepcopy(event)
    changed["requestContext"]["authorizer"] = {"iam": {"userArn": arn}}
    return changed


class TestWhoStartedARun:
    def test_it_is_in_the_view_the_list_and_the_history(self, api: Client) -> None:
        view = api.get(f"/runs/{api.post().body['run_id']}").body
        (line,) = api.get("/runs").body["runs"]
        found = [view["requested_by"], line["requested_by"], view["timeline"][0]["caller"]]
        assert found == [PIPELINE.model_dump()] * 3

    def test_the_list_is_filtered_by_it(self, dynamo_api: Client) -> None:
        dynamo_api.send(as_caller(POST_EVENT, "arn:aws:iam::123456789012:user/eve"))
        run_id = dynamo_api.post().body["run_id"]
        found = [dynamo_api.get("/runs", requested_by=id_).body["runs"] for id_ in (PIPELINE.id, "nobody")]
        assert [[line["run_id"] for line in lines] for lines in found] == [[run_id], []]

    def test_a_body_cannot_say_who_it_was(self, api: Client) -> None:
        assert api.post(changed(requested_by="root")).fields == ["requested_by"]

    def test_a_key_is_its_callers_own(self, api: Client) -> None:
        """Any caller who guessed a key met the other's run, or kept the other from starting one."""
        arns = [f"arn:aws:sts::123456789012:assumed-role/{name}" for name in ("a/1", "a/2", "b/1")]
        runs = [api.send(as_caller(POST_EVENT, arn)).body["run_id"] for arn in arns]
        assert runs[0] == runs[1] != runs[2]

    def test_own_runs_are_not_approved_where_the_stack_forbids_it(
        self, api: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("ALLOW_SELF_APPROVAL", "false")
        run_id = waiting(api)
        assert api.approve(run_id, YES).problem.status == 403
        event = {**APPROVE_EVENT, "rawPath": f"/runs/{run_id}/approve", "body": json.dumps(YES)}
        assert api.send(as_caller(event, "arn:aws:iam::123456789012:user/bob")).status == 200


class TestRefusals:
    @pytest.mark.parametrize(
        ("body", "fields"),
        [
            ({}, ["name", "dataset"]),
            (changed(name="No Spaces"), ["name"]),
            (changed(nmae="x"), ["nmae"]),
            (changed(name=None), ["name"]),
            (changed(tags={"aws:cloudformation:stack-name": "x"}), ["tags.aws:cloudformation:stack-name.[key]"]),
            (changed(tags={"AWS:x": "y"}), ["tags.AWS:x.[key]"]),
            (with_dataset(task="nosuch"), ["dataset.task"]),
            (with_dataset(split={"train": 2}), ["dataset.split.train"]),
            (with_dataset(split={"train": 0.5}), ["dataset.split"]),
            (with_dataset(uri="s3://elsewhere/uploads/x.json"), ["dataset.uri"]),
            (with_dataset(uri="s3://data-bucket/runs/a/dataset/train-1.jsonl"), ["dataset.uri"]),
            (with_dataset(uri="s3://data-bucket/uploads/../x"), ["dataset.uri"]),
            (with_dataset(uri="file:///etc/passwd"), ["dataset.uri"]),
            (with_dataset(uri="https://169.254.169.254/latest/meta-data"), ["dataset.uri"]),
            (with_dataset(uri="https://a:b@raw.githubusercontent.com/x"), ["dataset.uri"]),
            (with_dataset(task="rft", uri=BODY["dataset"]["uri"]) | {"grader": None}, ["grader"]),
            (changed(grader={"name": "unknown"}), ["grader.name"]),
            (changed(grader={"name": "pandalm", "lambda_arn": GRADER_ARN}), ["grader"]),
            (changed(hyperparameters={"epochCount": 51}), ["hyperparameters.epochCount"]),
            (changed(hyperparameters={"epochCount": "3"}), ["hyperparameters.epochCount"]),
            (changed(max_training_hours=True), ["max_training_hours"]),
            (changed(max_training_hours=1e-200), ["max_training_hours"]),
            (with_dataset(max_samples=10**40), ["dataset.max_samples"]),
            (changed(base_model="amazon.nova-pro-v1:0"), ["base_model"]),
        ],
    )
    def test_an_invalid_request_names_the_fields_and_starts_nothing(
        self, api: Client, body: dict[str, Any], fields: list[str]
    ) -> None:
        answer = api.post(body)
        assert answer.status == 422
        assert answer.fields == fields
        assert not api.ledger.records
        assert not api.executions.started

    def test_messages_do_not_repeat_what_was_sent(self, api: Client) -> None:
        secret = "hunter2-secret"
        answer = api.post(changed(name=secret * 5, tags={"team": "!" + secret}, mode=secret))
        assert answer.status == 422
        assert secret not in json.dumps(answer.body)
        assert "Value error" not in json.dumps(answer.body)

    @pytest.mark.parametrize("key", ["", "k" * 129, " k", "kä", "a\tb"])
    def test_a_bad_key_is_refused(self, api: Client, key: str) -> None:
        answer = api.post(key=key)
        assert answer.status == 422
        assert answer.fields == ["idempotency-key"]

    @pytest.mark.parametrize(
        "body",
        ["{", "null", "[]", json.dumps([BODY]), "NaN", '{"a": NaN}', "[" * 5000, '{"a": ' + "1" * 5000 + "}"],
    )
    def test_what_is_no_json_object_is_400(self, api: Client, body: str) -> None:
        assert api.post(body).problem.status == 400

    @pytest.mark.parametrize("body", ["/w==", "&", "é"])
    def test_bytes_that_are_no_text_are_400(self, api: Client, body: str) -> None:
        assert api.send({**POST_EVENT, "body": body, "isBase64Encoded": True}).problem.status == 400

    def test_a_missing_body_is_named(self, api: Client) -> None:
        for event in ({key: value for key, value in POST_EVENT.items() if key != "body"}, {**POST_EVENT, "body": ""}):
            answer = api.send(event)
            assert (answer.status, answer.fields) == (422, ["body"])

    def test_a_body_over_64_kb_is_413(self, api: Client) -> None:
        answer = api.post(changed(tags={"a": "x" * 66_000}))
        assert answer.problem.status == 413
        assert "65536" in answer.problem.detail

    @pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
    def test_other_media_types_are_415(self, api: Client, media_type: str) -> None:
        assert api.post(**{"content-type": media_type}).problem.status == 415

    @pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
    def test_without_a_body_its_media_type_does_not_matter(self, api: Client, media_type: str) -> None:
        assert api.post("", **{"content-type": media_type}).problem.status == 422
        run_id = api.post().body["run_id"]
        event = {**copy.deepcopy(CANCEL_EVENT), "rawPath": f"/runs/{run_id}/cancel", "body": None}
        event["headers"]["Content-Type"] = media_type
        assert api.send(event).status == 200

    def test_thousands_of_unknown_fields_get_a_short_answer(self, api: Client) -> None:
        answer = api.post(changed(**{f"f{n}" + "x" * 300: n for n in range(100)}))
        assert answer.status == 422
        assert "100" in answer.problem.detail
        assert len(answer.problem.errors) == 50
        assert len(json.dumps(answer.body)) < 20_000

    @pytest.mark.parametrize(
        ("path", "query", "message"),
        [
            ("/runs", {"stauts": "FAILED"}, "there is no such query parameter; did you mean status?"),
            ("/runs", {"status": "FAILED", "Limit": "3"}, "there is no such query parameter; did you mean limit?"),
            ("/deployments", {"x": "1"}, "there is no such query parameter; it takes none"),
            ("/openapi.json", {"version": "3"}, "there is no such query parameter; it takes none"),
        ],
    )
    def test_unknown_query_parameters_are_refused(
        self, api: Client, path: str, query: dict[str, str], message: str
    ) -> None:
        problem = api.get(path, **query).problem
        assert (problem.status, [error.message for error in problem.errors]) == (422, [message])

    def test_what_a_query_parameter_is_called_is_shown_on_one_short_line(self, api: Client) -> None:
        (error,) = api.get("/runs", **{"\x1b[2J\n" + "x" * 9_999: "1"}).problem.errors
        assert len(error.field) < 300
        assert "\x1b" not in error.field

    @pytest.mark.parametrize("path", ["/", "/run", "/runs/", "/runs/a/b/c", "/runs/x/nosuch"])
    def test_unknown_addresses_are_404(self, api: Client, path: str) -> None:
        assert api.get(path).problem.status == 404

    @pytest.mark.parametrize(
        ("method", "path", "allowed"),
        [
            ("PUT", "/runs", "GET, POST"),
            ("DELETE", "/runs/pandalm-judge-20261120t120000-0a1b2c3d", "GET"),
            ("PATCH", "/runs/pandalm-judge-20261120t120000-0a1b2c3d/events", "GET"),
        ],
    )
    def test_other_methods_are_405_and_say_which(self, api: Client, method: str, path: str, allowed: str) -> None:
        answer = api.request(method, path)
        assert answer.problem.status == 405
        assert answer.headers["Allow"] == allowed

    @pytest.mark.parametrize(
        ("method", "path"), [("POST", "/runs"), ("POST", "/runs/"), ("GET", "/runs"), ("GET", "/x")]
    )
    def test_nothing_is_done_for_the_route_that_refuses_the_rest(self, api: Client, method: str, path: str) -> None:
        """It asks for fewer rights than the routes that start and approve."""
        event = {**POST_EVENT, "routeKey": "ANY /{proxy+}", "rawPath": path}
        event["requestContext"] = {**event["requestContext"], "http": {"method": method, "path": path}}
        assert api.send(event).problem.status == 404
        assert api.ledger.records == {}


class TestWhenAwsFails:
    @pytest.mark.parametrize("error", [RetryableThrottling, RetryableQuota, RetryableServiceError])
    def test_with_a_key_a_repeat_goes_on_with_the_same_run(self, api: Client, error: type[Exception]) -> None:
        api.executions.fails_with = [error("StartExecution: busy")]
        refused = api.post(key="k")
        assert refused.problem.status == 503
        assert int(refused.headers["Retry-After"]) > 0
        assert [run.status for run in api.ledger.records.values()] == [RunStatus.PENDING]

        api.clock.advance(seconds=5)
        answer = api.post(key="k")
        assert answer.status == 200
        assert list(api.ledger.records) == list(api.executions.started) == [answer.body["run_id"]]

    def test_without_a_key_the_run_ends_as_failed(self, api: Client) -> None:
        api.executions.fails_with = [RetryableThrottling("StartExecution: slow down")]
        assert api.post().problem.status == 503
        (run,) = api.ledger.records.values()
        assert run.status is RunStatus.FAILED
        assert run.failure is not None
        assert (run.failure.stage, run.failure.error) == (RunStatus.PENDING, "RetryableThrottling")
        assert run.failure.cause == "StartExecution: slow down"

    def test_without_a_key_the_run_ends_as_failed_on_a_bug_too(self, api: Client) -> None:
        api.executions.fails_with = [PermissionError("AccessDeniedException")]
        assert api.post().problem.status == 500
        assert [run.status for run in api.ledger.records.values()] == [RunStatus.FAILED]

    def test_a_run_whose_arn_cannot_be_noted_is_started_all_the_same(self, api: Client) -> None:
        class EndsAtOnce(MemoryExecutions):
            def start(self, run_id: str, payload: Mapping[str, Any]) -> str:
                api.ledger.transition(run_id, RunStatus.CANCELLED)
                return super().start(run_id, payload)

        api.module.app.dependency_overrides[wiring.executions] = EndsAtOnce
        assert api.post().status == 202

    def test_a_bug_is_a_500_that_tells_nothing_but_its_id(self, api: Client) -> None:
        api.executions.fails_with = [RuntimeError("internal detail")]
        answer = api.post(key="k")
        assert answer.problem.status == 500
        assert "internal detail" not in json.dumps(answer.body)
        assert "Traceback" not in json.dumps(answer.body)

    def test_missing_configuration_is_a_500(self, api: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("DATA_BUCKET")
        assert api.post().problem.status == 500


class TestShowRun:
    def test_a_run_with_its_history_and_links(self, api: Client) -> None:
        run_id = api.post().body["run_id"]
        api.ledger.transition(run_id, RunStatus.PREPARING)
        answer = api.get(f"/runs/{run_id}")
        assert answer.status == 200
        view = RunView.model_validate(answer.body)
        assert view.status is RunStatus.PREPARING
        assert [(event.before, event.after) for event in view.timeline] == [
            (None, RunStatus.PENDING),
            (RunStatus.PENDING, RunStatus.PREPARING),
        ]
        assert view.links == {"self": f"/runs/{run_id}", "events": f"/runs/{run_id}/events"}
        assert view.request.name == "pandalm-judge"

    def test_its_history_alone(self, api: Client) -> None:
        run_id = api.post().body["run_id"]
        answer = api.get(f"/runs/{run_id}/events")
        assert answer.status == 200
        assert [event["after"] for event in answer.body["events"]] == ["PENDING"]

    @pytest.mark.parametrize("part", ["", "/events"])
    def test_an_unknown_run_is_404(self, api: Client, part: str) -> None:
        assert api.get(GET_EVENT["rawPath"] + part).problem.status == 404

    def test_the_event_file_asks_for_a_run(self, api: Client) -> None:
        assert api.send(GET_EVENT).problem.status == 404

    @pytest.mark.parametrize("run_id", ["A", "short", "with--double-hyphen", "a" * 64, "..%2f..%2fetc%2fpasswd"])
    def test_a_malformed_run_id_is_refused(self, api: Client, run_id: str) -> None:
        answer = api.get(f"/runs/{run_id}")
        assert answer.status == 422
        assert answer.fields == ["run_id"]


class TestListRuns:
    def test_newest_first_in_parts(self, api: Client) -> None:
        made = []
        for _ in range(5):
            made.append(api.post().body["run_id"])
            api.clock.advance(seconds=1)
        seen: list[str] = []
        cursor: dict[str, str] = {}
        while True:
            page = RunList.model_validate(api.get("/runs", limit="2", **cursor).body)
            seen += [run.run_id for run in page.runs]
            if page.cursor is None:
                break
            cursor = {"cursor": page.cursor}
        assert seen == made[::-1]

    def test_filters(self, api: Client) -> None:
        api.post()
        other = api.post(changed(name="other", tags={"team": "ads", "note": "a=b"})).body["run_id"]
        for query in (
            {"name": "other"},
            {"tag": "team=ads"},
            {"tag": "note=a=b"},
            {"status": "PENDING", "name": "other"},
        ):
            assert [run["run_id"] for run in api.get("/runs", **query).body["runs"]] == [other]
        assert api.get("/runs", status="COMPLETED").body == {"runs": [], "cursor": None}

    @pytest.mark.parametrize(
        "query",
        [
            {"limit": "0"},
            {"limit": "101"},
            {"limit": "x"},
            {"status": "DONE"},
            {"name": "A B"},
            {"tag": "x"},
            {"cursor": "?"},
        ],
    )
    def test_bad_queries_name_the_parameter(self, api: Client, query: dict[str, str]) -> None:
        answer = api.get("/runs", **query)
        assert answer.status == 422
        assert answer.fields == list(query)


def waiting(api: Client) -> str:
    """A run that awaits approval."""
    run_id: str = api.post().body["run_id"]
    approval = requested(("dear",), at=api.clock.now(), days=7)
    for status in (RunStatus.PREPARING, RunStatus.SMOKE_TESTING):
        api.ledger.transition(run_id, status)
    api.ledger.transition(run_id, RunStatus.AWAITING_APPROVAL, changes={"approval": approval})
    api.ledger.save_token(run_id, "token")
    api.executions.waiting.add("token")
    return run_id


class TestCancel:
    @pytest.mark.parametrize("body", [None, "", "{}"])
    def test_a_run_is_cancelled_by_whoever_signed(self, api: Client, body: str | None) -> None:
        run_id = api.post().body["run_id"]
        answer = api.cancel(run_id, body)
        view = RunView.model_validate(answer.body)
        assert (answer.status, view.status) == (200, RunStatus.CANCELLED)
        assert view.failure is not None
        assert view.failure.cause == "cancelled through the API"
        assert view.failure.caller == view.timeline[-1].caller == PIPELINE
        assert api.executions.ended[run_id].status == "ABORTED"

    def test_it_may_be_sent_again(self, api: Client) -> None:
        run_id = api.post().body["run_id"]
        first, second = api.cancel(run_id), api.cancel(run_id)
        assert (first.body, second.status) == (second.body, 200)
        assert len(api.notifier.sent) == 1

    def test_a_run_that_ended_otherwise_is_409(self, api: Client) -> None:
        run_id = api.post().body["run_id"]
        api.ledger.transition(run_id, RunStatus.FAILED)
        assert api.cancel(run_id).problem.status == 409

    def test_an_unknown_run_is_404(self, api: Client) -> None:
        assert api.cancel("pandalm-judge-other-00000000").problem.status == 404

    def test_whoever_has_a_token_is_named_by_subject_and_issuer(self, api: Client) -> None:
        event = copy.deepcopy(CANCEL_EVENT)
        event["rawPath"] = f"/runs/{api.post().body['run_id']}/cancel"
        claims = {"sub": "ada", "iss": "https://issuer.example"}
        event["requestContext"]["authorizer"] = {"jwt": {"claims": claims, "scopes": None}}
        expected = {"type": "jwt", "id": "ada", "issuer": "https://issuer.example"}
        assert api.send(event).body["failure"]["caller"] == expected


class TestApprove:
    def test_an_answer_lets_the_run_go_on_and_is_shown(self, api: Client) -> None:
        run_id = waiting(api)
        answer = api.approve(run_id, {**YES, "comment": "go on"})
        decision = answer.body["approval"]["decision"]
        assert answer.status == 200
        assert (decision["by"], decision["comment"]) == ("Ada", "go on")
        assert decision["caller"] == PIPELINE.model_dump()
        assert [output["approved"] for output in api.executions.outputs] == [True]
        assert "token" not in json.dumps(answer.body["approval"])

    def test_the_same_may_be_sent_again_and_the_other_is_409(self, api: Client) -> None:
        run_id = waiting(api)
        api.approve(run_id, YES)
        api.ledger.transition(run_id, RunStatus.STARTING)
        assert api.approve(run_id, YES).status == 200
        assert api.approve(run_id, {**YES, "approved": False}).problem.status == 409

    def test_a_run_that_awaits_nothing_is_409(self, api: Client) -> None:
        assert api.approve(api.post().body["run_id"], YES).problem.status == 409

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"by": "Ada"}, "approved"),
            ({"approved": "true", "by": "Ada"}, "approved"),
            ({"approved": True}, "by"),
            ({"approved": True, "by": ""}, "by"),
            ({**YES, "comment": "x" * 2001}, "comment"),
            ({**YES, "token": "x"}, "token"),
        ],
    )
    def test_what_is_no_answer_is_refused(self, api: Client, body: Any, field: str) -> None:
        answer = api.approve(waiting(api), body)
        assert (answer.status, answer.fields) == (422, [field])
        assert api.executions.outputs == []

    def test_no_body_is_no_answer(self, api: Client) -> None:
        event = {key: value for key, value in APPROVE_EVENT.items() if key != "body"}
        assert api.send({**event, "rawPath": f"/runs/{waiting(api)}/approve"}).fields == ["body"]


def promoted(api: Client) -> Client:
    """A deployment that was promoted to twice, as the rollback's event names it."""
    name = ROLLBACK_EVENT["pathParameters"]["name"]
    api.deployments.create(name, "arn:new", tags={}, token="t")
    record = api.records.get(name).adding(change(BEFORE, None)).adding(change("arn:new", BEFORE))
    api.records.put(record)
    return api


class TestReport:
    def test_the_stored_file_is_the_answer(self, api: Client) -> None:
        run_id = api.post().body["run_id"]
        for form, body in (("json", '{"headline": "<b>"}'), ("html", "<!doctype html>\n<p>é")):
            api.store.objects[f"s3://data-bucket/runs/{run_id}/report.{form}"] = body.encode()
            event = {**GET_EVENT, "rawPath": f"/runs/{run_id}/report", "queryStringParameters": {"format": form}}
            answer = api.module.handler(event, Context())
            assert (answer["statusCode"], answer["body"]) == (200, body)
        assert answer["headers"]["Content-Type"] == "text/html; charset=utf-8"

    def test_a_run_under_way_has_none_yet(self, api: Client) -> None:
        answer = api.get(f"/runs/{api.post().body['run_id']}/report")
        assert (answer.status, "PENDING" in answer.problem.detail) == (404, True)

    def test_an_ended_run_without_one_says_that_it_could_not_be_written(self, api: Client) -> None:
        run_id = api.post().body["run_id"]
        api.cancel(run_id)
        assert "could not be written" in api.get(f"/runs/{run_id}/report").problem.detail
        assert api.get(f"/runs/{run_id}").body["links"]["report"] == f"/runs/{run_id}/report"

    def test_another_format_is_refused(self, api: Client) -> None:
        assert api.get(f"/runs/{api.post().body['run_id']}/report", format="pdf").fields == ["format"]


class TestRollouts:
    def test_filters_and_pages_are_the_querys(self, api: Client) -> None:
        run_id = api.post().body["run_id"]
        rows = [rollout(None if n == 3 else n / 10, id=str(n), answer=f"a{n}") for n in range(10)]
        api.rollouts.put(run_id, AT, rows)
        first = api.get(f"/runs/{run_id}/rollouts", min_score="0.2", limit="2").body
        assert [each["id"] for each in first["rollouts"]] == ["2", "4"]
        rest = api.get(f"/runs/{run_id}/rollouts", min_score="0.2", cursor=first["cursor"]).body
        assert [each["id"] for each in rest["rollouts"]] == ["5", "6", "7", "8", "9"]
        errors = api.get(f"/runs/{run_id}/rollouts", errors="true").body["rollouts"]
        assert [each["error"] for each in errors] == ["JudgeUnavailable"]

    def test_a_cursor_that_is_none_is_refused(self, api: Client) -> None:
        assert api.get(f"/runs/{api.post().body['run_id']}/rollouts", cursor="../x~1").fields == ["cursor"]

    def test_an_unknown_run_has_none(self, api: Client) -> None:
        assert api.get("/runs/nobody-20261120t120000-1a2b3c4d/rollouts").status == 404


class TestFiles:
    def test_every_file_has_an_address_that_expires(self, api: Client) -> None:
        run_id = api.post().body["run_id"]
        for name in ("a.json", "dataset/b.jsonl"):
            api.store.objects[f"s3://data-bucket/runs/{run_id}/{name}"] = name.encode()
        first = api.get(f"/runs/{run_id}/files", limit="1").body
        rest = api.get(f"/runs/{run_id}/files", cursor=first["cursor"]).body
        (one,), (other,) = first["files"], rest["files"]
        assert (one["name"], other["name"], rest["cursor"]) == ("a.json", "dataset/b.jsonl", None)
        assert (one["bytes"], one["url"].endswith("900")) == (6, True)
        assert one["expires_at"] > api.clock.now().isoformat()


class TestEventFiles:
    @pytest.mark.parametrize("path", sorted(EVENTS.glob("api*.json")), ids=lambda path: path.stem)
    def test_each_is_a_request_that_the_api_knows(self, api: Client, path: Path) -> None:
        answer = api.send(json.loads(path.read_text()))
        assert answer.status in {200, 202, 404} or path.stem == "api_refuse_address"
        assert answer.status != 404 or re.match("(Run|no deployment) ", answer.problem.detail)

    def test_there_is_one_for_each_route(self) -> None:
        routes = {json.loads(path.read_text())["routeKey"] for path in EVENTS.glob("api*.json")}
        events = [event["Properties"] for event in RESOURCES["Api"]["Properties"]["Events"].values()]
        assert routes == {f"{event['Method']} {event['Path']}" for event in events}


class TestOpenApi:
    def test_it_describes_every_route_and_every_problem(self, api: Client) -> None:
        document = api.get("/openapi.json").body
        under_a_run = {f"/runs/{{run_id}}{part}" for part in ("", *(f"/{name}" for name in PARTS))}
        deployments = {"/openapi.json", "/deployments", "/deployments/{name}", "/deployments/{name}/rollback"}
        assert set(document["paths"]) == {"/runs"} | deployments | under_a_run
        answers = document["paths"]["/runs"]["post"]["responses"]
        assert set(answers) == {"200", "202", "400", "409", "413", "415", "422", "500", "503"}
        for status, answer in answers.items():
            media_type = "application/json" if int(status) < 300 else "application/problem+json"
            assert list(answer["content"]) == [media_type]
        assert answers["422"]["content"]["application/problem+json"]["schema"]["$ref"].endswith("/Problem")
        assert not {name for name in document["components"]["schemas"] if name.endswith("ValidationError")}

    def test_it_is_valid_and_refers_to_nothing_that_is_not_there(self, api: Client) -> None:
        document = api.get("/openapi.json").body
        text = json.dumps(document)
        schemas = document["components"]["schemas"]
        assert set(re.findall(r'"#/components/schemas/([^"]+)"', text)) == set(schemas)
        assert re.findall(r'"(ge|le|gt|lt)": [0-9]', text) == []
        operations = [operation for path in document["paths"].values() for operation in path.values()]
        assert [each["operationId"] for each in operations if not {"400", "404", "422"} & set(each["responses"])] == []

    def test_every_property_is_described_and_no_description_is_left_over(self, api: Client) -> None:
        schemas = api.get("/openapi.json").body["components"]["schemas"]
        properties = {
            (model, name): part for model, s in schemas.items() for name, part in s.get("properties", {}).items()
        }
        assert [".".join(key) for key, part in properties.items() if not part.get("description")] == []
        names = {name for _, name in properties} | {".".join(key) for key in properties}
        assert set(read_descriptions()) - names == set()

    def test_its_examples_are_as_described(self, api: Client) -> None:
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
    def test_answers_are_as_described(
        self, api: Client, method: str, path: str, call: Callable[[Client], Answer]
    ) -> None:
        document = api.get("/openapi.json").body
        answer = call(api)
        content = document["paths"][path][method]["responses"][str(answer.status)]["content"]
        schema = content[answer.headers["Content-Type"]]["schema"]
        jsonschema.validate(answer.body, {**schema, "components": document["components"]})

    def test_the_event_file_is_as_described(self, api: Client) -> None:
        document = api.get("/openapi.json").body
        schema = document["paths"]["/runs"]["post"]["requestBody"]["content"]["application/json"]["schema"]
        jsonschema.validate(BODY, {**schema, "components": document["components"]})


class TestLogs:
    def test_lines_carry_the_run_id_and_nothing_that_was_sent(
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
    """What is request for is kept as it was request for, whatever numbers it holds."""

    @settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(body=numeric_requests)
    def test_a_run_is_shown_as_it_was_asked_for(self, dynamo_api: Client, body: dict[str, Any]) -> None:
        answer = dynamo_api.post(body)
        if answer.status == 422:
            assert answer.problem.errors
            return
        assert answer.status == 202
        view = RunView.model_validate(dynamo_api.get(answer.headers["Location"]).body)
        assert view.request == RunRequest.model_validate(body)

    def test_a_repeat_is_told_from_the_first(self, dynamo_api: Client) -> None:
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
