from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from rft.contracts.grading import GradeResult, Sample
from rft.contracts.telemetry import JudgeUse
from rft.errors import JudgeUnavailable, RetryableServiceError
from rft.grading.batch import RESERVE_SECONDS, TELEMETRY_SECONDS, Deadline, grade_batch
from rft.grading.telemetry import GraderTelemetry, OpenLog
from rft.rewards.components import Component
from rft.training.rollouts import pack, unpack
from tests.kit.fakes.rollout_log import MemoryRolloutLog

RUN = "demo-20261120t120000-00000000"
OTHER = "demo-20261120t120000-11111111"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
JUDGE = JudgeUse(models=("a-model",), prompt="sha256:0")


def sample(identity: object, answer: object = "yes", **fields: Any) -> dict[str, Any]:
    messages = [{"role": "user", "content": "?"}, {"role": "assistant", "content": answer}]
    row = {"task_id": f"task-{identity}", "run_id": RUN, "split": "train", **fields}
    return {"id": identity, "messages": messages, "reference_answer": "yes", **row}


def judged(graded: Sample) -> Iterator[Component]:
    """Right or wrong by code; the answer `away` finds no judge, after one call was paid for."""
    yield Component("verdict", float(graded.answer == "yes"), 1)
    yield Component("judge_calls", 2)
    yield Component("judge_input_tokens", 700)
    if graded.answer == "away":
        raise JudgeUnavailable("away")


def grade(
    batch: Sequence[object], log: MemoryRolloutLog | OpenLog, *, judge: JudgeUse | None = None, seconds: float = 10
) -> Sequence[GradeResult]:
    open_log = log if callable(log) else lambda: log
    telemetry = GraderTelemetry("pandalm", open_log, judge, seconds=seconds, now=lambda: NOON)
    return grade_batch(batch, grader=judged, deadline=Deadline(60), telemetry=telemetry)


def test_each_rollout_is_a_row_with_all_known_fields() -> None:
    log = MemoryRolloutLog()

    grade([sample("a"), sample("b", "no!", split="validation"), sample("c", "away")], log, judge=JUDGE)

    [(run_id, rows)] = log.written
    assert run_id == RUN
    assert [(r.id, r.task_id, r.split, r.score, r.error, r.answer_length) for r in rows] == [
        ("a", "task-a", "train", 1.0, None, 3),
        ("b", "task-b", "validation", 0.0, None, 3),
        ("c", "task-c", "train", None, "JudgeUnavailable", 4),
    ]
    assert {(r.run_id, r.grader, r.at, r.answer) for r in rows} == {(RUN, "pandalm", NOON, None)}
    assert [r.components for r in rows] == [{"verdict": 1}, {"verdict": 0}, {"verdict": 0}]
    assert [r.judge for r in rows] == [JUDGE.model_copy(update={"calls": 2, "input_tokens": 700})] * 3
    assert all(r.seconds >= 0 for r in rows)


def test_rows_are_read_back_unchanged() -> None:
    log = MemoryRolloutLog(keeps_answers=True)
    grade([sample("a", "naïve \u2028 answer\n"), sample("b", "away"), sample("c", None)], log, judge=JUDGE)
    [(_, rows)] = log.written

    assert list(unpack(pack(rows))) == rows


def test_answers_are_stored_only_where_configured() -> None:
    with_answers, without_answers = MemoryRolloutLog(keeps_answers=True), MemoryRolloutLog()
    for log in (with_answers, without_answers):
        grade([sample("a", "SECRET")], log)

    assert [r.answer for _, rows in with_answers.written for r in rows] == ["SECRET"]
    assert b"SECRET" not in b"".join(
        row.model_dump_json().encode() for _, rows in without_answers.written for row in rows
    )


def test_an_unreadable_sample_is_a_row_too() -> None:
    log = MemoryRolloutLog()
    late = GraderTelemetry("pandalm", lambda: log, now=lambda: NOON)

    grade([sample("a", None)], log)
    grade_batch([sample("b")], grader=judged, deadline=Deadline(-1), telemetry=late)

    assert [(r.id, r.error, r.answer_length, r.components) for _, rows in log.written for r in rows] == [
        ("a", "UngradableSample", None, {}),
        ("b", "DeadlineExceeded", None, {}),
    ]


def test_every_payload_shape_gives_the_same_rollout() -> None:
    log, flat = MemoryRolloutLog(), sample("a")
    keys = ("task_id", "run_id", "split", "reference_answer")
    nested = {key: value for key, value in flat.items() if key not in keys} | {"metadata": {k: flat[k] for k in keys}}

    grade([flat, nested], log)

    [(_, [one, other])] = log.written
    assert one.model_copy(update={"seconds": 0}) == other.model_copy(update={"seconds": 0})


def test_runs_in_one_batch_are_stored_separately() -> None:
    log = MemoryRolloutLog()

    grade([sample("a"), sample("b", run_id=OTHER), sample("c")], log)

    assert [(run_id, [r.id for r in rows]) for run_id, rows in log.written] == [(RUN, ["a", "c"]), (OTHER, ["b"])]


@pytest.mark.parametrize(
    "run_id", [None, "", "../../secrets", "a/b", "demo-20261120t120000-00000000/x", "Demo-1234567890", 7, "x" * 64, []]
)
def test_an_invalid_run_id_never_forms_an_object_key(run_id: object) -> None:
    def never() -> None:
        raise AssertionError("nothing to write")

    [result] = grade([sample("a", run_id=run_id)], never)

    assert result.aggregate_reward_score == 1


def test_smoke_test_probes_are_not_stored_as_rollouts() -> None:
    log = MemoryRolloutLog()

    grade([sample("a", smoke_test_probe=True), sample("b")], log)

    assert [r.id for _, rows in log.written for r in rows] == ["b"]


@pytest.mark.parametrize("fields", [{"task_id": 7}, {"split": "other"}, {"split": ["train"]}, {"split": None}])
def test_invalid_fields_of_a_row_are_omitted(fields: dict[str, Any]) -> None:
    log = MemoryRolloutLog()

    grade([sample("a", **fields)], log)

    [(_, [row])] = log.written
    assert (row.task_id is None) == ("task_id" in fields)
    assert (row.split is None) == ("split" in fields)


def figures(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    [line] = [line for line in capsys.readouterr().out.splitlines() if "_aws" in line]
    return json.loads(line)  # type: ignore[no-any-return]


def fails() -> None:
    raise RetryableServiceError("S3 is away")


def crashes() -> None:
    raise KeyError("a bug")


@pytest.mark.parametrize("before", [fails, crashes])
@pytest.mark.parametrize("opening", [True, False])
def test_a_failed_log_write_changes_no_score_and_is_counted(
    capsys: pytest.CaptureFixture[str], before: Callable[[], None], *, opening: bool
) -> None:
    log = MemoryRolloutLog(before=before)

    def opens() -> MemoryRolloutLog:
        before()
        return log

    calm = grade([sample("a"), sample("b", "no")], MemoryRolloutLog())
    capsys.readouterr()
    failing = grade([sample("a"), sample("b", "no")], opens if opening else log)

    assert failing == calm
    assert figures(capsys)["RolloutLogFailures"] == 1


def test_a_hanging_log_delays_the_response_only_by_its_limit(capsys: pytest.CaptureFixture[str]) -> None:
    hang = threading.Event()
    log = MemoryRolloutLog(before=hang.wait)

    started = time.monotonic()
    [result] = grade([sample("a")], log, seconds=0.1)

    assert time.monotonic() - started < 2
    assert result.aggregate_reward_score == 1
    assert figures(capsys)["RolloutLogFailures"] == 1
    hang.set()


def test_time_for_telemetry_leaves_two_seconds_to_answer() -> None:
    assert RESERVE_SECONDS - TELEMETRY_SECONDS >= 2
    assert GraderTelemetry("pandalm", lambda: None).seconds == TELEMETRY_SECONDS == 2


def test_cloudwatch_gets_the_batchs_figures_under_one_dimension(capsys: pytest.CaptureFixture[str]) -> None:
    grade([sample("a"), sample("b", "no"), sample("c", "away")], MemoryRolloutLog(), judge=JUDGE)

    line = figures(capsys)
    [directive] = line["_aws"]["CloudWatchMetrics"]
    assert (directive["Namespace"], directive["Dimensions"], line["grader"]) == (
        "RftControlPlane",
        [["grader"]],
        "pandalm",
    )
    assert {metric["Name"]: line[metric["Name"]] for metric in directive["Metrics"]} == {
        "Samples": 3,
        "GraderErrors": 1,
        "MeanScore": 0.5,
        "JudgeCalls": 6,
        "JudgeRetries": 0,
        "JudgeThrottled": 0,
        "JudgeCacheHits": 0,
        "JudgeInputTokens": 2100,
        "JudgeOutputTokens": 0,
        "JudgeCachedTokens": 0,
        "RolloutLogFailures": 0,
    }


def test_a_batch_without_a_score_has_no_mean(capsys: pytest.CaptureFixture[str]) -> None:
    grade([sample("c", "away")], MemoryRolloutLog())

    assert "MeanScore" not in figures(capsys)
