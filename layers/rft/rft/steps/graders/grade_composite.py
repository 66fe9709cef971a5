"""The composite grader: rule-based scores by weight, under gates."""

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
    """Grade a batch with `seconds_left` until the caller is cut off.

    `default` is a Composite for rows that declare none; empty where there is none. Raises ValidationError if it is
    wrong, and as `grade_batch`.
    """
    usual = Composite.model_validate(default) if default else None
    return grade_batch(
        event,
        grader=partial(composite.components, default=usual),
        deadline=Deadline(seconds_left - RESERVE_SECONDS),
        telemetry=GraderTelemetry("composite", rollout_log),
    )
