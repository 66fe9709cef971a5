"""The composite grader: weighted rule-based scores with gates."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from rft.contracts.graders.rules import Composite
from rft.contracts.grading import GradeResult
from rft.grading.batch import RESERVE_SECONDS, Deadline, grade_batch
from rft.grading.telemetry import GraderTelemetry, OpenLog, no_log
from rft.rewards import composite


def grade_composite(
    event: object, *, default: Mapping[str, Any], seconds_left: float, rollout_log: OpenLog = no_log
) -> tuple[GradeResult, ...]:
    """Grades a batch within `seconds_left`.

    `default` is a Composite for rows that declare none; empty if there is none. Raises ValidationError if it is
    invalid, and as `grade_batch`.
    """
    usual = Composite.model_validate(default) if default else None
    return grade_batch(
        event,
        grader=partial(composite.components, default=usual),
        deadline=Deadline(seconds_left - RESERVE_SECONDS),
        telemetry=GraderTelemetry("composite", rollout_log),
    )
