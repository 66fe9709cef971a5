"""The GSM8K grader: compares the last number, exactly."""

from __future__ import annotations

from rft.contracts.grading import GradeResult
from rft.grading.batch import RESERVE_SECONDS, Deadline, grade_batch
from rft.grading.telemetry import GraderTelemetry, OpenLog, no_log
from rft.rewards import gsm8k


def grade_gsm8k(event: object, *, seconds_left: float, rollout_log: OpenLog = no_log) -> tuple[GradeResult, ...]:
    return grade_batch(
        event,
        grader=gsm8k.components,
        deadline=Deadline(seconds_left - RESERVE_SECONDS),
        telemetry=GraderTelemetry("gsm8k", rollout_log),
    )
