"""The extract grader: compares an object's fields with the reference's."""

from __future__ import annotations

from rft.contracts.grading import GradeResult
from rft.grading.batch import RESERVE_SECONDS, Deadline, grade_batch
from rft.grading.telemetry import GraderTelemetry, OpenLog, no_log
from rft.rewards import extract


def grade_extract(event: object, *, seconds_left: float, rollout_log: OpenLog = no_log) -> tuple[GradeResult, ...]:
    return grade_batch(
        event,
        grader=extract.components,
        deadline=Deadline(seconds_left - RESERVE_SECONDS),
        telemetry=GraderTelemetry("extract", rollout_log),
    )
