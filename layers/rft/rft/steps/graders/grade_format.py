"""The format grader: a row's rules for the form of its answers."""

from __future__ import annotations

from rft.contracts.grading import GradeResult
from rft.grading.batch import RESERVE_SECONDS, Deadline, grade_batch
from rft.grading.telemetry import GraderTelemetry, OpenLog, no_log
from rft.rewards import format  # noqa: A004  named after what it checks


def grade_format(event: object, *, seconds_left: float, rollout_log: OpenLog = no_log) -> tuple[GradeResult, ...]:
    return grade_batch(
        event,
        grader=format.components,
        deadline=Deadline(seconds_left - RESERVE_SECONDS),
        telemetry=GraderTelemetry("format", rollout_log),
    )
