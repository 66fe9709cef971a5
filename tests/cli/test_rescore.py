"""`rft rescore`: stored answers by another grader."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft.adapters.processes import ForkedWorkers
from rft.contracts.ledger import RunStatus
from rft_cli.graders.grader_under_test import open_grader
from rft_cli.graders.local_rows import known_task, local_rows
from rft_cli.graders.rescoring import rescore
from rft_cli.graders.score_changes import RescoredRollout, advantages, correlation, score_changes
from tests.kit.fakes.api import ApiRequest, FakeApi
from tests.kit.project import ROOT
from tests.kit.records import RUN_ID
from tests.kit.rft_command import Rft
from tests.kit.rollouts import rollout
from tests.kit.views import view

ROWS = {row.task_id: row for row in local_rows(ROOT / "examples/gsm8k/questions.jsonl", known_task("gsm8k")).rows}
NAMES = list(ROWS)
GRADER = """
def grade(sample):
    if "fail" in sample.answer:
        raise ValueError("cannot read it")
    return float("good" in sample.answer)
"""

scores = st.floats(0, 1).map(lambda x: round(x, 3))
rescorings = st.lists(
    st.builds(RescoredRollout, st.uuids().map(str), st.sampled_from("abc"), st.none() | scores, st.none() | scores),
    max_size=40,
)


def old(number: int, answer: str, score: float | None, row: int = 0) -> dict[str, Any]:
    return rollout(score, id=str(number), task=NAMES[row], answer=answer).model_dump(mode="json")


@pytest.fixture
def grader(tmp_path: Path) -> str:
    path = tmp_path / "mine.py"
    path.write_text(GRADER)
    return str(path)


@given(rescorings, st.integers(2, 8))
def test_the_same_scores_change_nothing(rescored: list[RescoredRollout], size: int) -> None:
    same = [RescoredRollout(each.id, each.row, each.before, each.before) for each in rescored]
    report = score_changes(same, size)
    for name in ("changed", "now_solved", "no_longer_solved", "answer_pairs_reordered", "advantages_with_another_sign"):
        assert report[name] == 0
    assert (report["flips"], report["mean_advantage_change"] or 0.0) == ([], 0.0)


@given(rescorings, st.integers(2, 8))
def test_any_comparison_is_json_and_counts_each_rollout(rescored: list[RescoredRollout], size: int) -> None:
    report = json.loads(json.dumps(score_changes(rescored, size), allow_nan=False))
    assert report["rollouts"] == len(rescored)
    both = [each for each in rescored if each.pair]
    assert report["now_solved"] + report["no_longer_solved"] <= report["changed"] <= len(both)
    assert report["answer_pairs_reordered"] <= report["answer_pairs"]


@given(st.lists(scores, min_size=2, max_size=16))
def test_advantages_have_mean_zero_and_unit_deviation_or_are_all_zero(values: list[float]) -> None:
    found = advantages(values)
    assert sum(found) == pytest.approx(0, abs=1e-6)
    assert sum(a * a for a in found) / len(found) == pytest.approx(1 if any(found) else 0, abs=1e-6)


def test_groups_are_consecutive_answers_to_one_row() -> None:
    pairs = [("a", 0.0, 1.0), ("a", 1.0, 0.0), ("b", 0.2, 0.2), ("a", 0.5, 0.5), ("a", 0.5, 0.5), ("b", 0.8, 0.8)]
    rescored = [RescoredRollout(str(n), row, before, after) for n, (row, before, after) in enumerate(pairs)]
    report = score_changes(rescored, 2)
    assert (report["groups"], report["answer_pairs"], report["answer_pairs_reordered"]) == (3, 3, 1)
    assert (report["groups_without_signal_before"], report["advantages_with_another_sign"]) == (1, 2)
    assert [(flip["row"], flip["before"], flip["after"]) for flip in report["flips"]] == [("a", 0.0, 1.0)]


def test_the_correlation_of_a_constant_is_undefined() -> None:
    assert correlation([(0.5, 0.1), (0.5, 0.9)]) is None
    assert correlation([(0.0, 1.0), (1.0, 0.0)]) == pytest.approx(-1)


@pytest.mark.parametrize("processes", [1, 2])
def test_scores_come_in_order_and_an_error_is_no_score(grader: str, processes: int) -> None:
    answers = ["good", "bad", "fail", "good"]
    rollouts = [old(n, answers[n % 4], 0.5) for n in range(1_200)]
    found = list(rescore(rollouts, ROWS, open_grader(grader), workers=ForkedWorkers(processes)))
    assert [each.id for each in found] == [each["id"] for each in rollouts]
    assert [each.after for each in found] == [1.0, 0.0, None, 1.0] * 300
    assert {each.error for each in found if each.after is None} == {
        "the grader reported grader_error: ValueError: cannot read it"
    }


def test_an_answer_to_a_missing_row_is_an_error() -> None:
    lost = rollout(0.5, task="gone", answer="x").model_dump(mode="json")
    (found,) = rescore([lost], ROWS, open_grader("gsm8k"), workers=ForkedWorkers(1))
    assert (found.after, found.error) == (None, "the dataset has no such row")


# ---- the command --------------------------------------------------------------------------------------------------


def serve(api: FakeApi, rollouts: list[dict[str, Any]], tmp_path: Path) -> None:
    """A run whose rows are there already: a file that is whole is not loaded."""

    def answer(request: ApiRequest) -> tuple[int, Any]:
        part = request.path.rpartition("/")[2]
        if part == "rollouts":
            requested = [each for each in rollouts if each["score"] is None or "errors" not in request.query]
            return 200, {"run_id": RUN_ID, "rollouts": requested, "unreadable": 0, "cursor": None}
        if part == "files":
            return 200, {"run_id": RUN_ID, "files": [], "cursor": None}
        return 200, view(RunStatus.COMPLETED)

    api.answer = answer


@pytest.fixture
def with_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rft_cli.commands.rescore.run_rows", lambda client, run_id: ROWS)


def test_the_command_shows_what_changes_and_a_repeat_shows_the_same(
    rft: Rft, api: FakeApi, grader: str, with_rows: None, tmp_path: Path
) -> None:
    serve(api, [old(0, "good", 0.0), old(1, "bad", 1.0), old(2, "fail", 0.5), old(3, "good", None)], tmp_path)
    file = tmp_path / "both.jsonl"
    first = rft("rescore", RUN_ID, "--grader", grader, "--file", file, "-o", "json")
    assert first == rft("rescore", RUN_ID, "--grader", grader, "-o", "json")
    assert {request.method for request in api.requests} == {"GET"}
    assert (first.json["now_solved"], first.json["no_longer_solved"]) == (1, 1)
    assert (first.json["errors_before"], first.json["errors_after"]) == (1, 1)
    assert [json.loads(line)["after"] for line in file.read_text().splitlines()] == [1.0, 0.0, None, 1.0]
    text = rft("rescore", RUN_ID, "--grader", grader).out
    assert "1 now, 1 no longer" in text
    assert "ValueError: cannot read it" in text


def test_only_errors_are_graded_again_on_request(
    rft: Rft, api: FakeApi, grader: str, with_rows: None, tmp_path: Path
) -> None:
    serve(api, [old(0, "good", 0.0), old(1, "good", None)], tmp_path)
    found = rft("rescore", RUN_ID, "--grader", grader, "--errors", "-o", "json").json
    assert (found["rollouts"], found["errors_before"], found["errors_after"]) == (1, 1, 0)


def test_answers_without_stored_text_cannot_be_graded(rft: Rft, api: FakeApi, grader: str, tmp_path: Path) -> None:
    serve(api, [{**old(0, "good", 0.0), "answer": None}], tmp_path)
    found = rft("rescore", RUN_ID, "--grader", grader)
    assert (found.status, "CaptureAnswers" in found.err) == (1, True)


def test_a_run_without_prepared_rows_says_so(rft: Rft, api: FakeApi, grader: str, tmp_path: Path) -> None:
    serve(api, [old(0, "good", 0.0)], tmp_path)
    assert "no prepared dataset" in rft("rescore", RUN_ID, "--grader", grader).err


def test_a_run_without_errors_has_none_to_grade_again(rft: Rft, api: FakeApi, grader: str, tmp_path: Path) -> None:
    serve(api, [old(0, "good", 0.0)], tmp_path)
    found = rft("rescore", RUN_ID, "--grader", grader, "--errors")
    assert (found.status, f"Run {RUN_ID} has no rollouts without a score" in found.err) == (1, True)
