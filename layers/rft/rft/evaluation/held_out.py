"""Checks a promoted model with prompts of the test split. Takes ports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from rft.contracts.evaluation import EvaluationReport
from rft.evaluation.rollouts import CHUNK, Rollouts, in_chunks, with_grades
from rft.evaluation.sampling import Prompt
from rft.smoke_test.statistics import mean_interval

HELD_OUT = 2 * CHUNK
"""Number of prompts that a deployment must answer: takes about a minute and detects a broken model."""


@dataclass(frozen=True)
class PromotedAnswers:
    """The deployment's answers. `problem`: why the model fails the check; '' if it passes.

    `least_score`: lower bound of the evaluation's 95 % interval on the same rows; None without one.
    """

    prompts: int
    mean_score: float | None
    least_score: float | None
    problem: str


def check_held_out(
    rollouts: Rollouts, prompts: Sequence[Prompt], evaluation: EvaluationReport | None
) -> PromotedAnswers:
    """Samples and grades the first prompts. Raises as Rollouts."""
    chosen = [prompt for prompt in prompts if prompt.sample == 0 and not prompt.mirrored][:HELD_OUT]
    chunks = [rollouts.chunk(number, each) for number, each in enumerate(in_chunks(chosen))]
    graded = [pair for answers, grades in chunks for pair in with_grades(answers, grades)]
    scores = [grade.score for _, grade in graded if grade.score is not None]
    mean = fmean(scores) if scores else None
    least = _least(chosen, {row.row_id: row.tuned_score for row in evaluation.rows} if evaluation else {})
    errors = [f"{answer.row_id}: {grade.error}" for answer, grade in graded if grade.score is None]
    return PromotedAnswers(len(chosen), mean, least, _problem(len(chosen), mean, least, errors))


def _least(prompts: Sequence[Prompt], scores: Mapping[str, float]) -> float | None:
    known = [scores[each.source.task_id] for each in prompts if each.source.task_id in scores]
    interval = mean_interval(known)
    return interval[0] if interval else None


def _problem(prompts: int, mean: float | None, least: float | None, errors: Sequence[str]) -> str:
    if errors:
        return f"{len(errors)} of {prompts} held-out prompts have no score; first: {errors[0]}"
    if mean is None:
        return "there are no held-out prompts to check the model with"
    if least is not None and mean < least:
        return (
            f"{prompts} held-out prompts score {mean:.3f} on average; the evaluation's interval starts at {least:.3f}"
        )
    return ""
