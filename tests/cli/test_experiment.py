"""`rft experiment`: what it sends, what it shows, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.kit.experiment_views import EXPERIMENT_ID, completed_experiment, failed_experiment, running_experiment, shown
from tests.kit.fakes.api import FakeApi
from tests.kit.rft_command import CommandResult, Rft

RUNNING, COMPLETED, FAILED = map(shown, (running_experiment(), completed_experiment(), failed_experiment()))
ID = EXPERIMENT_ID
ACCEPTED = (202, {"experiment_id": ID, "status": "RUNNING", "arms": 2, "links": {"self": f"/experiments/{ID}"}})
EXPERIMENT: dict[str, Any] = {
    "name": "rates",
    "base": {"dataset": {"task": "pandalm", "uri": "s3://data-bucket/rows.json"}},
    "grid": {"hyperparameters.learningRate": [1e-5, 3e-5]},
}


def start(rft: Rft, folder: Path, body: Any, *options: str) -> CommandResult:
    file = folder / "sweep.yaml"
    file.write_text(body if isinstance(body, str) else json.dumps(body))
    return rft("experiment", "start", file, *options)


def test_an_experiment_is_sent_as_its_file_says(rft: Rft, api: FakeApi, tmp_path: Path) -> None:
    api.says(ACCEPTED)
    result = start(rft, tmp_path, EXPERIMENT, "--key", "nightly")
    assert (result.status, result.out.strip()) == (0, ID)
    (request,) = api.requests
    assert (request.method, request.path, request.headers["idempotency-key"]) == ("POST", "/experiments", "nightly")
    assert request.body["grid"] == EXPERIMENT["grid"]


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("name: [", "sweep.yaml"),
        ("just text", "sweep.yaml"),
        ({}, "name"),
        ({**EXPERIMENT, "grid": None}, "exactly one of arms, grid and random"),
        ({**EXPERIMENT, "grid": {"max_training_hours": [1, 2]}}, "cannot differ between arms"),
        ({**EXPERIMENT, "grid": {"hyperparameters.learningRate": [1e-5]}}, "1 combinations"),
        ({**EXPERIMENT, "budget": {"usd": 5}}, "usd_per_training_hour"),
        ({**EXPERIMENT, "budgets": {}}, "budgets"),
        ({**EXPERIMENT, "base": {**EXPERIMENT["base"], "mode": "pilot"}}, "mode train"),
        ({**EXPERIMENT, "stop_rule": {"type": "halving"}}, "stop_rule.type"),
        ({**EXPERIMENT, "base": {"dataset": {"task": "pandalm", "uri": "missing.json"}}}, "missing.json"),
        (
            {**EXPERIMENT, "base": {"dataset": {"task": "pandalm", "uri": "../other.json"}}},
            "outside this file's folder",
        ),
    ],
)
def test_an_invalid_file_is_refused_by_field(rft: Rft, api: FakeApi, tmp_path: Path, body: Any, text: str) -> None:
    result = start(rft, tmp_path, body)
    assert result.status != 0
    assert text in " ".join(result.err.split())
    assert api.requests == []


def test_a_missing_file_is_named(rft: Rft, api: FakeApi, tmp_path: Path) -> None:
    result = rft("experiment", "start", tmp_path / "none.yaml")
    assert (result.status != 0, "none.yaml" in result.err.replace("\n", "")) == (True, True)


def test_experiments_are_listed_with_their_result(rft: Rft, api: FakeApi) -> None:
    line = {**COMPLETED, "arms": 3, "running": 0, "conclusion": "winner", "best": ["b"]}
    api.says((200, {"experiments": [line], "cursor": None}))
    result = rft("experiment", "list", "--limit", "5")
    assert api.requests[0].query["limit"] == "5"
    assert ID in result.out
    assert "b is better than every other arm" in result.out


def test_an_empty_list_says_so(rft: Rft, api: FakeApi) -> None:
    api.says((200, {"experiments": [], "cursor": None}))
    assert "No experiments yet" in rft("experiment", "list").err


def test_a_completed_experiment_shows_its_leaderboard_best_first(rft: Rft, api: FakeApi) -> None:
    api.says((200, COMPLETED))
    lines = rft("experiment", "show", ID).out.splitlines()
    arms = [line.split()[1] for line in lines if line.strip()[:1] in ("1", "2", "-")]
    assert arms == ["b", "a", "c"]
    text = "\n".join(lines)
    assert "b is better than every other arm (simulated)" in text
    assert "+0.300 (+0.200 to +0.400)" in text
    assert "ranked [3] of 3" in text


def test_a_failed_experiment_says_why_and_which_budget(rft: Rft, api: FakeApi) -> None:
    api.says((200, FAILED))
    text = rft("experiment", "show", ID).out
    assert "NoArmEvaluated: a: cancelled" in text
    assert "4 of 3 training hours are spent" in text


@pytest.mark.parametrize("width", [80, 200])
def test_json_output_is_the_apis_response(rft: Rft, api: FakeApi, monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    api.says((200, COMPLETED))
    assert rft("experiment", "show", ID, "--output", "json").json == COMPLETED


@pytest.mark.parametrize(("end", "status"), [(COMPLETED, 0), (FAILED, 1)])
def test_watching_ends_with_the_experiment(rft: Rft, api: FakeApi, end: dict[str, Any], status: int) -> None:
    api.says((200, RUNNING), (200, RUNNING), (200, end))
    result = rft("experiment", "watch", ID, "--interval", "0.1")
    assert result.status == status
    assert result.out.count("RUNNING") == 1
    assert "1 running · 2 planned" in result.out


def test_starting_with_watch_follows_what_was_started(rft: Rft, api: FakeApi, tmp_path: Path) -> None:
    api.says(ACCEPTED, (200, COMPLETED))
    result = start(rft, tmp_path, EXPERIMENT, "--watch")
    assert (result.status, ID in result.err) == (0, True)
    assert api.requests[1].path == f"/experiments/{ID}"


def test_cancelling_shows_how_it_ended(rft: Rft, api: FakeApi) -> None:
    api.says((200, {**RUNNING, "status": "CANCELLED"}))
    assert rft("experiment", "cancel", ID).out.strip() == f"{ID}  CANCELLED"
    assert (api.requests[0].method, api.requests[0].path) == ("POST", f"/experiments/{ID}/cancel")


@pytest.mark.parametrize("command", ["show", "watch", "cancel"])
def test_an_unknown_experiment_is_named(rft: Rft, api: FakeApi, command: str) -> None:
    api.says((404, {"title": "Not found", "status": 404, "detail": "Experiment nope not found"}))
    result = rft("experiment", command, "nope")
    assert (result.status != 0, "Experiment nope not found" in result.err) == (True, True)


def test_an_ended_experiment_cannot_be_cancelled(rft: Rft, api: FakeApi) -> None:
    api.says((409, {"title": "Conflict", "status": 409, "detail": f"{ID} has ended as COMPLETED"}))
    result = rft("experiment", "cancel", ID)
    assert (result.status != 0, "has ended as COMPLETED" in result.err) == (True, True)


@pytest.mark.parametrize("options", [("--limit", "0"), ("--limit", "101"), ("--limit", "many")])
def test_an_invalid_limit_is_refused(rft: Rft, api: FakeApi, options: tuple[str, str]) -> None:
    assert rft("experiment", "list", *options).status != 0
    assert api.requests == []
