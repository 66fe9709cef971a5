"""The API's function: cancelling, approving, reports, rollouts and files."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from rft.contracts.http.api import RunView
from rft.contracts.ledger import RunStatus
from tests.kit.api_function import APPROVE_EVENT, CANCEL_EVENT, GET_EVENT, PIPELINE, YES, Client, waiting
from tests.kit.lambda_runtime import Context
from tests.kit.rollouts import AT, rollout


class TestCancel:
    @pytest.mark.parametrize("body", [None, "", "{}"])
    def test_a_cancelled_run_names_the_signer(self, api: Client, body: str | None) -> None:
        run_id = api.post().body["run_id"]
        answer = api.cancel(run_id, body)
        view = RunView.model_validate(answer.body)
        assert (answer.status, view.status) == (200, RunStatus.CANCELLED)
        assert view.failure is not None
        assert view.failure.cause == "cancelled through the API"
        assert view.failure.caller == view.timeline[-1].caller == PIPELINE
        assert api.executions.ended[run_id].status == "ABORTED"

    def test_a_cancel_may_be_repeated(self, api: Client) -> None:
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

    def test_a_token_caller_is_named_by_subject_and_issuer(self, api: Client) -> None:
        event = copy.deepcopy(CANCEL_EVENT)
        event["rawPath"] = f"/runs/{api.post().body['run_id']}/cancel"
        claims = {"sub": "ada", "iss": "https://issuer.example"}
        event["requestContext"]["authorizer"] = {"jwt": {"claims": claims, "scopes": None}}
        expected = {"type": "jwt", "id": "ada", "issuer": "https://issuer.example"}
        assert api.send(event).body["failure"]["caller"] == expected


class TestApprove:
    def test_a_decision_continues_the_run_and_is_shown(self, api: Client) -> None:
        run_id = waiting(api)
        answer = api.approve(run_id, {**YES, "comment": "go on"})
        decision = answer.body["approval"]["decision"]
        assert answer.status == 200
        assert (decision["by"], decision["comment"]) == ("Ada", "go on")
        assert decision["caller"] == PIPELINE.model_dump()
        assert [output["approved"] for output in api.executions.outputs] == [True]
        assert "token" not in json.dumps(answer.body["approval"])

    def test_the_same_decision_may_be_repeated_and_the_opposite_is_409(self, api: Client) -> None:
        run_id = waiting(api)
        api.approve(run_id, YES)
        api.ledger.transition(run_id, RunStatus.STARTING)
        assert api.approve(run_id, YES).status == 200
        assert api.approve(run_id, {**YES, "approved": False}).problem.status == 409

    def test_a_run_that_awaits_no_approval_is_409(self, api: Client) -> None:
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
    def test_an_invalid_decision_is_refused(self, api: Client, body: Any, field: str) -> None:
        answer = api.approve(waiting(api), body)
        assert (answer.status, answer.fields) == (422, [field])
        assert api.executions.outputs == []

    def test_a_decision_needs_a_body(self, api: Client) -> None:
        event = {key: value for key, value in APPROVE_EVENT.items() if key != "body"}
        assert api.send({**event, "rawPath": f"/runs/{waiting(api)}/approve"}).fields == ["body"]


class TestReport:
    def test_the_stored_report_is_returned(self, api: Client) -> None:
        run_id = api.post().body["run_id"]
        for form, body in (("json", '{"headline": "<b>"}'), ("html", "<!doctype html>\n<p>é")):
            api.store.objects[f"s3://data-bucket/runs/{run_id}/report.{form}"] = body.encode()
            event = {**GET_EVENT, "rawPath": f"/runs/{run_id}/report", "queryStringParameters": {"format": form}}
            answer = api.module.handler(event, Context())
            assert (answer["statusCode"], answer["body"]) == (200, body)
        assert answer["headers"]["Content-Type"] == "text/html; charset=utf-8"

    def test_a_running_run_has_no_report(self, api: Client) -> None:
        answer = api.get(f"/runs/{api.post().body['run_id']}/report")
        assert (answer.status, "PENDING" in answer.problem.detail) == (404, True)

    def test_an_ended_run_without_a_report_says_it_was_not_written(self, api: Client) -> None:
        run_id = api.post().body["run_id"]
        api.cancel(run_id)
        assert "could not be written" in api.get(f"/runs/{run_id}/report").problem.detail
        assert api.get(f"/runs/{run_id}").body["links"]["report"] == f"/runs/{run_id}/report"

    def test_another_format_is_refused(self, api: Client) -> None:
        assert api.get(f"/runs/{api.post().body['run_id']}/report", format="pdf").fields == ["format"]


class TestRollouts:
    def test_filters_and_pages_follow_the_query(self, api: Client) -> None:
        run_id = api.post().body["run_id"]
        rows = [rollout(None if n == 3 else n / 10, id=str(n), answer=f"a{n}") for n in range(10)]
        api.rollouts.put(run_id, AT, rows)
        first = api.get(f"/runs/{run_id}/rollouts", min_score="0.2", limit="2").body
        assert [each["id"] for each in first["rollouts"]] == ["2", "4"]
        rest = api.get(f"/runs/{run_id}/rollouts", min_score="0.2", cursor=first["cursor"]).body
        assert [each["id"] for each in rest["rollouts"]] == ["5", "6", "7", "8", "9"]
        errors = api.get(f"/runs/{run_id}/rollouts", errors="true").body["rollouts"]
        assert [each["error"] for each in errors] == ["JudgeUnavailable"]

    def test_an_invalid_cursor_is_refused(self, api: Client) -> None:
        assert api.get(f"/runs/{api.post().body['run_id']}/rollouts", cursor="../x~1").fields == ["cursor"]

    def test_an_unknown_run_has_no_rollouts(self, api: Client) -> None:
        assert api.get("/runs/nobody-20261120t120000-1a2b3c4d/rollouts").status == 404


class TestFiles:
    def test_every_file_has_an_expiring_url(self, api: Client) -> None:
        run_id = api.post().body["run_id"]
        for name in ("a.json", "dataset/b.jsonl"):
            api.store.objects[f"s3://data-bucket/runs/{run_id}/{name}"] = name.encode()
        first = api.get(f"/runs/{run_id}/files", limit="1").body
        rest = api.get(f"/runs/{run_id}/files", cursor=first["cursor"]).body
        (one,), (other,) = first["files"], rest["files"]
        assert (one["name"], other["name"], rest["cursor"]) == ("a.json", "dataset/b.jsonl", None)
        assert (one["bytes"], one["url"].endswith("900")) == (6, True)
        assert one["expires_at"] > api.clock.now().isoformat()
