"""The audit judge scores a sixteenth of training's answers again, and costs no score."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from rft.contracts.grading import AUDIT_EVERY, GradeResult
from rft.contracts.telemetry import Rollout
from rft.errors import JudgeError, JudgeRefused, JudgeReplyInvalid, JudgeUnavailable
from rft.grading.judge_client import JudgeClient
from rft.grading.training_audit import TrainingAudit
from tests.kit.fakes.judge import ALL_TRUE, ScriptedJudge, Step
from tests.kit.fakes.rollout_log import MemoryRolloutLog
from tests.kit.pandalm_grading import RIGHT, WRONG, grade, sample, values

RUN = "demo-20261120t120000-00000000"
ROLLOUTS = 800
ALL_FALSE = ALL_TRUE.replace("true", "false")


def graded(
    batch: Sequence[Any], *, audit: Step = ALL_FALSE, seconds: float = 5, **more: Any
) -> tuple[Sequence[GradeResult], ScriptedJudge, Sequence[Rollout]]:
    """Results, the audit judge, and what telemetry tells of the batch."""
    judge, log = ScriptedJudge(otherwise=audit, model_id="auditor"), MemoryRolloutLog()
    results = grade(batch, audit=TrainingAudit(JudgeClient(judge), seconds), rollout_log=lambda: log, **more)
    return results, judge, [row for _, rows in log.written for row in rows]


def rollouts(answer: str = RIGHT, **fields: Any) -> list[dict[str, Any]]:
    row = {"run_id": RUN, "split": "train", **fields}
    return [sample(answer, f"s{number}", **row) for number in range(ROLLOUTS)]


def test_a_fixed_sixteenth_is_scored_again_without_a_change_of_any_score() -> None:
    results, judge, rows = graded(rollouts())
    again, _, _ = graded(rollouts())

    audited = [values(result) for result in results if "audit_score" in values(result)]
    assert 0.5 < len(audited) / (ROLLOUTS / AUDIT_EVERY) < 1.5
    assert len(judge.prompts) == len(audited)
    assert {result.aggregate_reward_score for result in results} == {1.0}
    assert {each["audit_score"] for each in audited} == {0.8}
    assert [values(each).get("audit_score") for each in again] == [values(each).get("audit_score") for each in results]
    above = [row.above_audit for row in rows if row.above_audit is not None]
    assert above == pytest.approx([0.2] * len(audited))


def test_calls_and_tokens_of_the_audit_are_counted() -> None:
    _, _, rows = graded(rollouts())
    calls = {bool(row.above_audit): row.judge.calls for row in rows if row.judge}
    tokens = {bool(row.above_audit): row.judge.input_tokens for row in rows if row.judge}
    assert calls == {False: 1, True: 2}
    assert tokens == {False: 700, True: 1400}


@pytest.mark.parametrize("error", [JudgeUnavailable("away"), JudgeRefused("no"), JudgeReplyInvalid("what")])
def test_a_failed_audit_judge_affects_only_its_audit(error: JudgeError) -> None:
    results, judge, rows = graded(rollouts()[:100], audit=error, seconds=0.01)
    assert judge.prompts
    assert {result.aggregate_reward_score for result in results} == {1.0}
    assert {(row.above_audit, row.error) for row in rows} == {(None, None)}
    assert sum("audit_failed" in row.components for row in rows) > 0


@pytest.mark.parametrize(
    "fields", [{"split": "validation"}, {"split": "test"}, {"smoke_test_probe": True}, {"run_id": None}]
)
def test_samples_outside_training_are_not_audited(fields: dict[str, Any]) -> None:
    assert graded(rollouts(**fields))[1].prompts == []


def test_nothing_is_audited_without_time_in_the_batch() -> None:
    assert graded(rollouts(), seconds=40)[1].prompts == []


def test_criteria_decided_by_code_are_audited_without_a_call() -> None:
    _, judge, rows = graded(rollouts(WRONG))
    assert judge.prompts == []
    assert {row.above_audit for row in rows} == {None, 0.0}
