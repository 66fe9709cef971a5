"""Aggregates graded rollouts into training steps and validation passes. Pure.

Steps are an estimate, because Bedrock reports none: a step is batchSize x trainingSamplePerPrompt rollouts of the
training split, with validation in between. A rollout whose row has no split counts as training. A batch that Bedrock
sends twice counts twice; one whose telemetry was lost is not counted.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from rft.contracts.ledger import RunRecord
from rft.contracts.metrics import ErrorCount, Reading, Tally, TrainingMetrics
from rft.contracts.run_request import Mode
from rft.contracts.telemetry import JudgeUse, Rollout
from rft.training.aggregates import training_point, validation_point, with_rollouts
from rft.training.downsample import downsample_training, downsample_validation

MAX_REASONS = 5
"""Maximum number of error reasons in a run's record."""

COUNTERS = tuple(name for name, field in JudgeUse.model_fields.items() if field.annotation is int)


@dataclass(frozen=True)
class Course:
    """Training metrics and the position of the next read, written together."""

    metrics: TrainingMetrics
    reading: Reading

    @property
    def under_way(self) -> float:
        """Training steps so far, including the fraction of the current one."""
        return self.metrics.steps + self.reading.step.rollouts / self.metrics.rollouts_per_step


def course_of(record: RunRecord) -> Course | None:
    """The run's metrics so far, initially empty; None if the size of a step is unknown."""
    if record.metrics is not None:
        return Course(record.metrics, record.reading or Reading())
    chosen = {name: choice.value for name, choice in (record.hyperparameters or {}).items()}
    batch, samples, epochs = (chosen.get(n) for n in ("batchSize", "trainingSamplePerPrompt", "epochCount"))
    if not isinstance(batch, int) or not isinstance(samples, int):
        return None
    rows = training_rows(record)
    planned = epochs * math.ceil(rows / batch) if isinstance(epochs, int) and rows else None
    return Course(TrainingMetrics(rollouts_per_step=batch * samples, steps_planned=planned), Reading())


def training_rows(record: RunRecord) -> int | None:
    """Training rows of the run's job (a pilot trains on a sample); None before preparation."""
    if record.dataset is None:
        return None
    rows = record.dataset.rows["train"]
    return min(rows, record.request.pilot.rows) if record.request.mode is Mode.PILOT else rows


def with_batch(course: Course, rollouts: Sequence[Rollout]) -> Course:
    """The metrics after the rollouts of one object, in order."""
    metrics = course.metrics.model_copy(
        update={
            "rollouts": course.metrics.rollouts + len(rollouts),
            "errors": course.metrics.errors + sum(rollout.score is None for rollout in rollouts),
            "error_reasons": _error_reasons(course.metrics.error_reasons, rollouts),
            "judge": _judging(course.metrics.judge, rollouts),
        }
    )
    course = Course(metrics, course.reading)
    for split, some in groupby(rollouts, key=lambda rollout: rollout.split or "train"):
        if split == "train":
            course = _trained(course, list(some))
        elif split == "validation":
            course = _validated(course, list(some))
    return course


def _error_reasons(before: Sequence[ErrorCount], rollouts: Iterable[Rollout]) -> tuple[ErrorCount, ...]:
    """Counts known reasons; adds new ones up to the maximum."""
    found = {each.reason: each for each in before}
    for rollout in rollouts:
        reason = rollout.error_reason or rollout.error
        if rollout.score is None and reason and (reason in found or len(found) < MAX_REASONS):
            known = found.get(reason, ErrorCount(reason=reason, count=0, example=rollout.id))
            found[reason] = known.model_copy(update={"count": known.count + 1})
    return tuple(sorted(found.values(), key=lambda each: -each.count))


def last_reward(metrics: TrainingMetrics) -> float | None:
    """Mean reward of the last training step that has one."""
    return next((point.reward for point in reversed(metrics.training) if point.reward is not None), None)


def ended(course: Course) -> Course:
    """The metrics of an ended job: a remainder of at least half a step counts as one."""
    enough = course.reading.step.rollouts * 2 >= course.metrics.rollouts_per_step
    return _stepped(course) if enough else course


def _trained(course: Course, rollouts: Sequence[Rollout]) -> Course:
    while rollouts:
        room = course.metrics.rollouts_per_step - course.reading.step.rollouts
        course = _with_reading(course, step=with_rollouts(course.reading.step, rollouts[:room]))
        rollouts = rollouts[room:]
        if course.reading.step.rollouts >= course.metrics.rollouts_per_step:
            course = _stepped(course)
    return course


def _stepped(course: Course) -> Course:
    step = course.metrics.steps + 1
    training = (*course.metrics.training, training_point(course.reading.step, step))
    metrics = course.metrics.model_copy(update={"steps": step, "training": downsample_training(training)})
    return _with_reading(Course(metrics, course.reading), step=Tally())


def _validated(course: Course, rollouts: Sequence[Rollout]) -> Course:
    # The nearest end of a step, which tolerates late or missing rollouts.
    step = round(course.under_way)
    earlier, tally = course.metrics.validation, Tally()
    if earlier and earlier[-1].step == step:
        earlier, tally = earlier[:-1], course.reading.validation
    tally = with_rollouts(tally, rollouts, groups=False)
    validation = downsample_validation((*earlier, validation_point(tally, step)))
    metrics = course.metrics.model_copy(update={"validation": validation})
    return _with_reading(Course(metrics, course.reading), validation=tally)


def _with_reading(course: Course, **aggregates: Tally) -> Course:
    return Course(course.metrics, course.reading.model_copy(update=aggregates))


def _judging(before: JudgeUse | None, rollouts: Iterable[Rollout]) -> JudgeUse | None:
    """Total judge use, with the most recent models and prompt."""
    uses = [use for use in (before, *(rollout.judge for rollout in rollouts)) if use is not None]
    if not uses:
        return None
    return uses[-1].model_copy(update={name: sum(getattr(use, name) for use in uses) for name in COUNTERS})
