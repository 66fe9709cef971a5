"""Scores of a training step and its validation, and the metrics files. Pure."""

from __future__ import annotations

import csv
import io
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from emulator.simulator.policy import GradedGroup, SimulatedRollout


@dataclass(frozen=True)
class ScoreSum:
    """Count, sum and sum of squares of the scores of one kind of answer."""

    count: int = 0
    total: float = 0.0
    squares: float = 0.0

    def __add__(self, other: ScoreSum) -> ScoreSum:
        return ScoreSum(self.count + other.count, self.total + other.total, self.squares + other.squares)


@dataclass(frozen=True)
class StepScores:
    """Metrics of one step. Scores are the grader's; `errors` counts ungraded rollouts, which are excluded from means.

    `accuracy` is the share of correct answers among all, which only a simulation can know; `mix` is the distribution
    the answers were drawn from (behaviour → probability); `earned` is by kind of answer.
    """

    step: int
    epoch: int
    rollouts: int
    errors: int
    mean: float | None
    spread: float | None
    flat_groups: float | None
    """Share of prompts whose answers all have the same score, so that they contribute no gradient."""
    accuracy: float
    validation_mean: float | None = None
    validation_accuracy: float | None = None
    mix: Mapping[str, float] = field(default_factory=dict)
    earned: Mapping[str, ScoreSum] = field(default_factory=dict)

    @property
    def scored(self) -> int:
        return self.rollouts - self.errors


def step_scores(
    step: int,
    epoch: int,
    groups: Sequence[GradedGroup],
    validation: Sequence[GradedGroup] = (),
    mix: Mapping[str, float] | None = None,
) -> StepScores:
    """Compute the metrics of a step from the answers to each prompt and to each held-out row."""
    valid = [[r.aggregate_reward_score for r in group.results if not r.errored] for group in groups]
    scores = [score for group in valid for score in group]
    full = [group for group in valid if len(group) > 1]
    validation_rows = [score for _, score in _scored(validation)]
    rollouts = sum(len(group.results) for group in groups)
    return StepScores(
        step=step,
        epoch=epoch,
        rollouts=rollouts,
        errors=rollouts - len(scores),
        mean=statistics.fmean(scores) if scores else None,
        spread=statistics.pstdev(scores) if scores else None,
        flat_groups=sum(len(set(group)) == 1 for group in full) / len(full) if full else None,
        accuracy=_accuracy(groups),
        validation_mean=statistics.fmean(validation_rows) if validation_rows else None,
        validation_accuracy=_accuracy(validation) if validation else None,
        mix=mix or {},
        earned=_earned(groups),
    )


def training_csv(steps: Sequence[StepScores]) -> bytes:
    """Return one line per step. Bedrock does not document the columns for RFT jobs; these are the emulator's own."""
    header = ["step_number", "epoch_number", "reward_mean", "reward_std", "flat_group_share", "rollouts"]
    lines = [
        [s.step, s.epoch, s.mean, s.spread, s.flat_groups, s.rollouts, s.errors, "true", s.accuracy] for s in steps
    ]
    return _csv([*header, "grader_errors", "simulated_policy", "true_accuracy"], lines)


def validation_csv(steps: Sequence[StepScores]) -> bytes:
    """Return one line per step that was followed by a validation."""
    validated = [s for s in steps if s.validation_accuracy is not None]
    lines = [[s.step, s.epoch, s.validation_mean, "true", s.validation_accuracy] for s in validated]
    return _csv(["step_number", "epoch_number", "reward_mean", "simulated_policy", "true_accuracy"], lines)


def _scored(groups: Sequence[GradedGroup]) -> Iterator[tuple[SimulatedRollout, float]]:
    for group in groups:
        for rollout, result in zip(group.rollouts, group.results, strict=True):
            if not result.errored:
                yield rollout, result.aggregate_reward_score


def _accuracy(groups: Sequence[GradedGroup]) -> float:
    return statistics.fmean(rollout.right for group in groups for rollout in group.rollouts)


def _earned(groups: Sequence[GradedGroup]) -> dict[str, ScoreSum]:
    earned: dict[str, ScoreSum] = {}
    for rollout, score in _scored(groups):
        earned[rollout.kind] = earned.get(rollout.kind, ScoreSum()) + ScoreSum(1, score, score * score)
    return earned


def _csv(header: list[str], lines: Sequence[Sequence[object]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([[f"{v:.6f}" if isinstance(v, float) else v for v in line] for line in lines])
    return text.getvalue().encode()
