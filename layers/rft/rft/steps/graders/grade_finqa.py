"""The FinQA grader: compares the last number, or yes or no, by exact rules."""

from __future__ import annotations

from rft.contracts.grading import GradeResult
from rft.grading.batch import RESERVE_SECONDS, Deadline, grade_batch
from rft.grading.telemetry import GraderTelemetry, OpenLog, no_log
from rft.rewards import finqa


def grade_finqa(event: object, *, seconds_left: float, rollout_log: OpenLog = no_log) -> tuple[GradeResult, ...]:
    return grade_batch(
        event,
        grader=finqa.components,
        deadline=Deadline(seconds_left - RESERVE_SECONDS),
        telemetry=GraderTelemetry("finqa", rollout_log),
    )
