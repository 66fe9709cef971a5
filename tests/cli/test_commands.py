"""Commands against an API on loopback that checks their signatures."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from rft.contracts.ledger import RunStatus
from tests.kit.command_requests import SUBMIT, URI, error_line
from tests.kit.fakes.api import ApiRequest, FakeApi, Reply
from tests.kit.records import RUN_ID
from tests.kit.rft_command import CommandResult, Rft
from tests.kit.views import line, view

ACCEPTED: Reply = (202, {"run_id": RUN_ID, "status": "PENDING", "links": {}})


def test_submitting_prints_the_run_id_alone(rft: Rft, api: FakeApi) -> None:
    api.says(ACCEPTED)
    assert rft(*SUBMIT) == CommandResult(0, f"{RUN_ID}\n", "")
    (request,) = api.requests
    assert (request.method, request.path) == ("POST", "/runs")
    assert request.body == {"name": "judge", "dataset": {"task": "pandalm", "uri": URI}}
    assert "idempotency-key" not in request.headers


def test_options_can_set_every_part_of_a_request(rft: Rft, api: FakeApi) -> None:
    api.says(ACCEPTED)
    rft(*SUBMIT, "--grader", "pandalm", "--tag", "team=search", "--tag", "a.b=c=d", "--key", "nightly",
        "--set", "hyperparameters.epochCount=2", "--set", "dataset.split.strategy=random")  # fmt: skip
    (request,) = api.requests
    assert request.headers["idempotency-key"] == "nightly"
    assert request.body == {
        "name": "judge",
        "dataset": {"task": "pandalm", "uri": URI, "split": {"strategy": "random"}},
        "grader": {"name": "pandalm"},
        "hyperparameters": {"epochCount": 2},
        "tags": {"team": "search", "a.b": "c=d"},
    }


def test_options_change_a_file(rft: Rft, api: FakeApi, tmp_path: Path) -> None:
    api.says(ACCEPTED)
    file = tmp_path / "run.yaml"
    file.write_text(f"name: a\ndataset: {{task: rft, uri: '{URI}'}}\ntags: {{team: search}}\ngrader: {{name: gsm8k}}\n")
    arn = "arn:aws:lambda:us-east-1:123456789012:function:mine"
    rft("submit", file, "--name", "b", "--tag", "day=friday", "--grader", arn)
    (request,) = api.requests
    assert (request.body["name"], request.body["dataset"]["task"]) == ("b", "rft")
    assert request.body["tags"] == {"team": "search", "day": "friday"}
    assert request.body["grader"] == {"lambda_arn": arn}


def test_preflight_is_submit_without_the_job(rft: Rft, api: FakeApi) -> None:
    api.says(ACCEPTED)
    assert rft("preflight", *SUBMIT[1:]).out == f"{RUN_ID}\n"
    assert api.requests[0].body["mode"] == "preflight"


def test_pilot_is_submit_on_a_sample(rft: Rft, api: FakeApi) -> None:
    api.says(ACCEPTED)
    rft("pilot", *SUBMIT[1:])
    assert api.requests[0].body["mode"] == "pilot"


def test_a_full_run_reuses_its_pilots_rows_and_grader(rft: Rft, api: FakeApi) -> None:
    before = view(RunStatus.COMPLETED)
    api.says((200, before), ACCEPTED)
    rft("submit", "--from", RUN_ID, "--set", "hyperparameters.epochCount=3")
    body = api.requests[1].body
    assert body["start_from"] == {"run_id": RUN_ID, "stage": "training"}
    assert (body["name"], body["hyperparameters"]["epochCount"]) == (before["request"]["name"], 3)
    assert body.get("mode", "train") == "train"


def test_a_run_from_an_earlier_one_names_no_dataset_of_its_own(rft: Rft) -> None:
    result = rft("submit", "--from", RUN_ID, "--task", "rft")
    assert result.status == 1
    assert "--from takes dataset, task and grader" in result.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--set", "hyperparameters.epochCount=0"], "hyperparameters.epochCount"),
        (["--set", "nonsense"], "PATH=VALUE"),
        (["--tag", "team"], "KEY=VALUE"),
        (["--task", "nope"], "known are"),
        (["--dataset", "none.json"], "Cannot read none.json: No such file or directory"),
        (["--dataset", os.devnull], "is empty"),
        (["--dataset", __file__], "No data bucket is set"),
        (["none.yaml"], "Cannot read none.yaml"),
    ],
)
def test_an_invalid_submission_is_refused_before_anything_is_sent(
    rft: Rft, api: FakeApi, arguments: list[str], words: str
) -> None:
    assert words in error_line(rft(*SUBMIT, *arguments))
    assert api.requests == []


def test_submitting_and_watching_ends_as_the_run_does(rft: Rft, api: FakeApi) -> None:
    api.says(ACCEPTED, (200, view(RunStatus.FAILED)))
    result = rft(*SUBMIT, "--watch")
    assert result.status == 1
    assert "12:00:05  FAILED" in result.out
    assert f"started {RUN_ID}" in result.err
    assert "failure     JobFailed in TRAINING\n            first line\n" in result.out
    assert (result.out + result.err).count("first line") == 1


def _pages(lines: list[dict[str, Any]], gap: int) -> Any:
    """`GET /runs` over these, with an empty part at `gap` as the API may give one."""

    def answer(request: ApiRequest) -> Reply:
        start = request.query.get("cursor", "0")
        if start == str(gap):
            return 200, {"runs": [], "cursor": f"after-{gap}"}
        first = int(start.removeprefix("after-"))
        end = min(first + int(request.query["limit"]), len(lines))
        return 200, {"runs": lines[first:end], "cursor": None if end == len(lines) else str(end)}

    return answer


@pytest.mark.parametrize(("arguments", "expected"), [([], 25), (["--limit", "130"], 130), (["--all"], 230)])
def test_listing_reads_pages_until_the_limit_is_reached(
    rft: Rft, api: FakeApi, arguments: list[str], expected: int
) -> None:
    lines = [line(number) for number in range(230)]
    api.answer = _pages(lines, gap=100)
    found = rft("list", *arguments, "--output", "json").json
    assert found["runs"] == lines[:expected]
    assert (found["cursor"] is None) == (expected == 230)


def test_a_list_says_how_to_see_more(rft: Rft, api: FakeApi) -> None:
    api.answer = _pages([line(number) for number in range(5)], gap=-1)
    result = rft("list", "--limit", "2")
    assert len(result.out.splitlines()) == 3
    assert result.err == "More runs may follow: use --all or --cursor 2\n"
    assert rft("list", "--cursor", "3", "-o", "json").json["runs"] == [line(3), line(4)]


def test_filters_are_passed_to_the_api_unchanged(rft: Rft, api: FakeApi) -> None:
    api.says((200, {"runs": [], "cursor": None}))
    result = rft("list", "--status", "failed", "--name", "judge", "--tag", "team=search & more")
    assert api.requests[0].query == {"status": "FAILED", "name": "judge", "tag": "team=search & more", "limit": "25"}
    assert (result.status, result.out, result.err) == (0, "", "No runs match\n")


@pytest.mark.parametrize("command", ["show", "watch"])
def test_a_run_as_json_is_the_apis_response(rft: Rft, api: FakeApi, command: str) -> None:
    body = view(RunStatus.COMPLETED, links={})
    api.says((200, body))
    assert rft(command, RUN_ID, "--output", "json").json == body


def test_watching_as_json_prints_progress_on_stderr(rft: Rft, api: FakeApi) -> None:
    api.says((200, view(RunStatus.PREPARING)), (200, view(RunStatus.REJECTED)))
    result = rft("watch", RUN_ID, "-o", "json", "--interval", "0.1")
    assert result.status == 1
    assert result.json["status"] == "REJECTED"
    assert "12:00:01  PREPARING" in result.err


def test_interrupting_a_watch_leaves_the_run_alone(rft: Rft, api: FakeApi) -> None:
    def answer(_: ApiRequest) -> Reply:
        os.kill(os.getpid(), signal.SIGINT)
        return 200, view(RunStatus.PENDING)

    api.answer = answer
    result = rft("watch", RUN_ID)
    assert result.status == 130
    assert f"`rft watch {RUN_ID}` follows it, `rft cancel {RUN_ID}` cancels it" in result.err
    assert {request.method for request in api.requests} == {"GET"}


def test_events_of_a_run(rft: Rft, api: FakeApi) -> None:
    history = {"run_id": RUN_ID, "events": view(RunStatus.PREPARING)["timeline"]}
    api.says((200, history))
    assert rft("events", RUN_ID).out.splitlines()[1] == "2026-11-20 12:00:01Z  PENDING           → PREPARING"
    assert rft("events", RUN_ID, "-o", "json").json == history
    assert api.requests[0].path == f"/runs/{RUN_ID}/events"


def test_cancelling(rft: Rft, api: FakeApi) -> None:
    api.says((202, {"run_id": RUN_ID, "status": "CANCELLED", "links": {}}))
    assert rft("cancel", RUN_ID).out == f"{RUN_ID}  CANCELLED\n"
    assert (api.requests[0].method, api.requests[0].path) == ("POST", f"/runs/{RUN_ID}/cancel")


@pytest.mark.parametrize(
    ("arguments", "body"),
    [
        (["--by", "Ada"], {"approved": True, "by": "Ada", "comment": ""}),
        (["--by", "Ada", "--reject", "--comment", "too dear"], {"approved": False, "by": "Ada", "comment": "too dear"}),
    ],
)
def test_approving_and_rejecting(rft: Rft, api: FakeApi, arguments: list[str], body: dict[str, Any]) -> None:
    api.says((200, {"run_id": RUN_ID, "status": "AWAITING_APPROVAL", "links": {}}))
    result = rft("approve", RUN_ID, *arguments)
    assert (result.status, result.out) == (0, f"{RUN_ID}  {'approved' if body['approved'] else 'rejected'}\n")
    assert (api.requests[0].path, api.requests[0].body) == (f"/runs/{RUN_ID}/approve", body)


def test_approving_without_a_name_uses_the_users_name(rft: Rft, api: FakeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "ada")
    api.says((200, {"run_id": RUN_ID, "status": "AWAITING_APPROVAL", "links": {}}))
    rft("approve", RUN_ID)
    assert api.requests[0].body["by"] == "ada"
