"""The API's function: who starts runs, and what is refused."""

from __future__ import annotations

import base64
import copy
import json
from typing import Any

import pytest

from rft.contracts.ledger import RunStatus
from tests.kit.api_function import (
    APPROVE_EVENT,
    BODY,
    CANCEL_EVENT,
    GRADER_ARN,
    PIPELINE,
    POST_EVENT,
    YES,
    Client,
    changed,
    waiting,
    with_dataset,
)


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

    def test_a_repeat_with_the_same_key_returns_the_same_run(self, api: Client) -> None:
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
    def test_content_type_may_have_parameters_or_be_missing(self, api: Client, media_type: str | None) -> None:
        headers = {} if media_type is None else {"Content-Type": media_type}
        assert api.send({**POST_EVENT, "headers": headers}).status == 202

    def test_an_https_dataset_and_a_foreign_grader_are_accepted(self, api: Client) -> None:
        body = with_dataset(uri="https://raw.githubusercontent.com/WeOpenML/PandaLM/main/data/testset-v1.json")
        assert api.post({**body, "grader": {"lambda_arn": GRADER_ARN}}).status == 202


def as_caller(event: dict[str, Any], arn: str) -> dict[str, Any]:
    changed = copy.deepcopy(event)
    changed["requestContext"]["authorizer"] = {"iam": {"userArn": arn}}
    return changed


class TestWhoStartedARun:
    def test_the_caller_is_in_the_view_the_list_and_the_history(self, api: Client) -> None:
        view = api.get(f"/runs/{api.post().body['run_id']}").body
        (line,) = api.get("/runs").body["runs"]
        found = [view["requested_by"], line["requested_by"], view["timeline"][0]["caller"]]
        assert found == [PIPELINE.model_dump()] * 3

    def test_the_list_can_be_filtered_by_caller(self, dynamo_api: Client) -> None:
        dynamo_api.send(as_caller(POST_EVENT, "arn:aws:iam::123456789012:user/eve"))
        run_id = dynamo_api.post().body["run_id"]
        found = [dynamo_api.get("/runs", requested_by=id_).body["runs"] for id_ in (PIPELINE.id, "nobody")]
        assert [[line["run_id"] for line in lines] for lines in found] == [[run_id], []]

    def test_a_body_cannot_set_the_caller(self, api: Client) -> None:
        assert api.post(changed(requested_by="root")).fields == ["requested_by"]

    def test_an_idempotency_key_belongs_to_its_caller(self, api: Client) -> None:
        """A caller who guesses a key neither finds the other's run nor blocks it."""
        arns = [f"arn:aws:sts::123456789012:assumed-role/{name}" for name in ("a/1", "a/2", "b/1")]
        runs = [api.send(as_caller(POST_EVENT, arn)).body["run_id"] for arn in arns]
        assert runs[0] == runs[1] != runs[2]

    def test_self_approval_is_refused_where_the_stack_forbids_it(
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

    def test_error_messages_do_not_repeat_the_request(self, api: Client) -> None:
        secret = "hunter2-secret"
        answer = api.post(changed(name=secret * 5, tags={"team": "!" + secret}, mode=secret))
        assert answer.status == 422
        assert secret not in json.dumps(answer.body)
        assert "Value error" not in json.dumps(answer.body)

    @pytest.mark.parametrize("key", ["", "k" * 129, " k", "kä", "a\tb"])
    def test_an_invalid_key_is_refused(self, api: Client, key: str) -> None:
        answer = api.post(key=key)
        assert answer.status == 422
        assert answer.fields == ["idempotency-key"]

    @pytest.mark.parametrize(
        "body",
        ["{", "null", "[]", json.dumps([BODY]), "NaN", '{"a": NaN}', "[" * 5000, '{"a": ' + "1" * 5000 + "}"],
    )
    def test_a_body_that_is_not_a_json_object_is_400(self, api: Client, body: str) -> None:
        assert api.post(body).problem.status == 400

    @pytest.mark.parametrize("body", ["/w==", "&", "é"])
    def test_a_body_that_is_not_utf8_is_400(self, api: Client, body: str) -> None:
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
    def test_the_media_type_of_an_empty_body_is_ignored(self, api: Client, media_type: str) -> None:
        assert api.post("", **{"content-type": media_type}).problem.status == 422
        run_id = api.post().body["run_id"]
        event = {**copy.deepcopy(CANCEL_EVENT), "rawPath": f"/runs/{run_id}/cancel", "body": None}
        event["headers"]["Content-Type"] = media_type
        assert api.send(event).status == 200

    def test_thousands_of_unknown_fields_get_a_short_response(self, api: Client) -> None:
        answer = api.post(changed(**{f"f{n}" + "x" * 300: n for n in range(100)}))
        assert answer.status == 422
        assert "100" in answer.problem.detail
        assert len(answer.problem.errors) == 50
        assert len(json.dumps(answer.body)) < 20_000

    @pytest.mark.parametrize(
        ("path", "query", "message"),
        [
            ("/runs", {"stauts": "FAILED"}, "unknown query parameter; did you mean status?"),
            ("/runs", {"status": "FAILED", "Limit": "3"}, "unknown query parameter; did you mean limit?"),
            ("/deployments", {"x": "1"}, "unknown query parameter; none is allowed"),
            ("/openapi.json", {"version": "3"}, "unknown query parameter; none is allowed"),
        ],
    )
    def test_unknown_query_parameters_are_refused(
        self, api: Client, path: str, query: dict[str, str], message: str
    ) -> None:
        problem = api.get(path, **query).problem
        assert (problem.status, [error.message for error in problem.errors]) == (422, [message])

    def test_an_unknown_parameters_name_is_shown_on_one_short_line(self, api: Client) -> None:
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
    def test_other_methods_are_405_and_name_the_allowed_ones(
        self, api: Client, method: str, path: str, allowed: str
    ) -> None:
        answer = api.request(method, path)
        assert answer.problem.status == 405
        assert answer.headers["Allow"] == allowed

    @pytest.mark.parametrize(
        ("method", "path"), [("POST", "/runs"), ("POST", "/runs/"), ("GET", "/runs"), ("GET", "/x")]
    )
    def test_the_catch_all_route_only_refuses(self, api: Client, method: str, path: str) -> None:
        """It needs fewer permissions than the routes that start and approve."""
        event = {**POST_EVENT, "routeKey": "ANY /{proxy+}", "rawPath": path}
        event["requestContext"] = {**event["requestContext"], "http": {"method": method, "path": path}}
        assert api.send(event).problem.status == 404
        assert api.ledger.records == {}
