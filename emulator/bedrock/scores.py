"""What one training step or one validation pass scored, and the CSV files that say so. Pure."""

from __future__ import annotations

import csv
import io
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from rft.contracts.grading import GradeResult


@dataclass(frozen=True)
class StepScores:
    """Scores of one step, all of them the grader's own. `errors` counts rollouts it could not grade."""

    step: int
    epoch: int
    rollouts: int
    errors: int
    mean: float | None
    spread: float | None
    flat_groups: float | None
    """Share of prompts whose answers all scored the same: nothing can be learned from them."""
    validation_mean: float | None = None


def step_scores(
    step: int, epoch: int, groups: Sequence[Sequence[GradeResult]], validation: Sequence[GradeResult] = ()
) -> StepScores:
    """`groups` holds the results of each prompt's answers. Errors are left out of all means."""
    valid = [[r.aggregate_reward_score for r in group if not r.errored] for group in groups]
    scores = [score for group in valid for score in group]
    full = [group for group in valid if len(group) > 1]
    held_out = [r.aggregate_reward_score for r in validation if not r.errored]
    return StepScores(
        step=step,
        epoch=epoch,
        rollouts=sum(len(group) for group in groups),
        errors=sum(len(group) for group in groups) - len(scores),
        mean=statistics.fmean(scores) if scores else None,
        spread=statistics.pstdev(scores) if scores else None,
        flat_groups=sum(len(set(group)) == 1 for group in full) / len(full) if full else None,
        validation_mean=statistics.fmean(held_out) if held_out else None,
    )


def training_csv(steps: Sequence[StepScores]) -> bytes:
    """One line a step. Bedrock's columns for this kind of job are not documented: these are the emulator's own."""
    header = ["step_number", "epoch_number", "reward_mean", "reward_std", "flat_group_share", "rollouts"]
    lines = [[s.step, s.epoch, s.mean, s.spread, s.flat_groups, s.rollouts, s.errors, "true"] for s in steps]
    return _csv([*header, "grader_errors", "simulated_policy"], lines)


def validation_csv(steps: Sequence[StepScores]) -> bytes:
    """One line for each step after which held-out rows were graded."""
    lines = [[s.step, s.epoch, s.validation_mean, "true"] for s in steps if s.validation_mean is not None]
    return _csv(["step_number", "epoch_number", "reward_mean", "simulated_policy"], lines)


def _csv(header: list[str], lines: Sequence[Sequence[object]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([[f"{v:.6f}" if isinstance(v, float) else v for v in line] for line in lines])
    return text.getvalue().encode()
