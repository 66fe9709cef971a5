"""The API's function: showing and listing runs, also while AWS fails."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from rft import wiring
from rft.contracts.http.api import RunList, RunView
from rft.contracts.ledger import QueuePlace, RunStatus
from rft.errors import RetryableQuota, RetryableServiceError, RetryableThrottling
from tests.kit.api_function import GET_EVENT, Client, changed
from tests.kit.fakes.executions import MemoryExecutions


class TestWhenAwsFails:
    @pytest.mark.parametrize("error", [RetryableThrottling, RetryableQuota, RetryableServiceError])
    def test_a_repeat_with_a_key_continues_the_same_run(self, api: Client, error: type[Exception]) -> None:
        api.executions.fails_with = [error("StartExecution: busy")]
        refused = api.post(key="k")
        assert refused.problem.status == 503
        assert int(refused.headers["Retry-After"]) > 0
        assert [run.status for run in api.ledger.records.values()] == [RunStatus.PENDING]

        api.clock.advance(seconds=5)
        answer = api.post(key="k")
        assert answer.status == 200
        assert list(api.ledger.records) == list(api.executions.started) == [answer.body["run_id"]]

    def test_without_a_key_a_start_error_fails_the_run(self, api: Client) -> None:
        api.executions.fails_with = [RetryableThrottling("StartExecution: slow down")]
        assert api.post().problem.status == 503
        (run,) = api.ledger.records.values()
        assert run.status is RunStatus.FAILED
        assert run.failure is not None
        assert (run.failure.stage, run.failure.error) == (RunStatus.PENDING, "RetryableThrottling")
        assert run.failure.cause == "StartExecution: slow down"

    def test_without_a_key_an_unexpected_error_fails_the_run(self, api: Client) -> None:
        api.executions.fails_with = [PermissionError("AccessDeniedException")]
        assert api.post().problem.status == 500
        assert [run.status for run in api.ledger.records.values()] == [RunStatus.FAILED]

    def test_a_run_whose_arn_cannot_be_recorded_is_still_started(self, api: Client) -> None:
        class EndsAtOnce(MemoryExecutions):
            def start(self, run_id: str, payload: Mapping[str, Any]) -> str:
                api.ledger.transition(run_id, RunStatus.CANCELLED)
                return super().start(run_id, payload)

        api.module.app.dependency_overrides[wiring.executions] = EndsAtOnce
        assert api.post().status == 202

    def test_an_unexpected_error_is_a_500_with_only_its_id(self, api: Client) -> None:
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

    def test_the_sample_event_requests_a_run(self, api: Client) -> None:
        assert api.send(GET_EVENT).problem.status == 404

    @pytest.mark.parametrize("run_id", ["A", "short", "with--double-hyphen", "a" * 64, "..%2f..%2fetc%2fpasswd"])
    def test_a_malformed_run_id_is_refused(self, api: Client, run_id: str) -> None:
        answer = api.get(f"/runs/{run_id}")
        assert answer.status == 422
        assert answer.fields == ["run_id"]


class TestListRuns:
    def test_runs_are_listed_newest_first_in_pages(self, api: Client) -> None:
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

    def test_runs_in_the_queue_for_the_quota_show_how_many_are_ahead(self, api: Client) -> None:
        made = [api.post().body["run_id"] for _ in range(3)]
        for number, run_id in enumerate(made[:2]):
            since = api.clock.now() + timedelta(minutes=number)
            place = QueuePlace(since=since, expires_at=since + timedelta(hours=72), waiting=True)
            for status in (RunStatus.PREPARING, RunStatus.SMOKE_TESTING):
                api.ledger.transition(run_id, status)
            api.ledger.transition(run_id, RunStatus.STARTING, changes={"queue": place})
        shown = {run["run_id"]: run["queue_ahead"] for run in api.get("/runs").body["runs"]}
        assert shown == dict(zip(made, (0, 1, None), strict=True))

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
