"""Training metrics computed from the rollouts that graders write: points of curves, and the read position.

Bedrock does not report steps. A training step is estimated as batchSize x trainingSamplePerPrompt rollouts of the
training split, in the order in which they were graded. A rollout that could not be graded counts as an error and is
excluded from all means.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from rft.contracts.base import Contract, TextLine
from rft.contracts.telemetry import JudgeUse


class Point(Contract):
    """Statistics of a group of rollouts; None if none of them has a score."""

    step: int = Field(description="Last training step covered; for a validation pass, the step before it.")
    rollouts: int
    errors: int = Field(description="Rollouts that could not be graded.")
    reward: float | None = Field(description="Mean score, 0 to 1.")
    spread: float | None = Field(description="Standard deviation of the scores.")
    length: float | None = Field(description="Mean length of the answers, in characters.")
    entropy: float | None = Field(default=None, description="Mean entropy of an answer's words, in bits per word.")
    copied: float | None = Field(default=None, description="Mean share of an answer that is copied from its prompt.")
    weakest: float | None = Field(
        default=None, description="Mean of the lowest reward component, if there are several."
    )
    above_audit: float | None = Field(
        default=None, description="Mean of the score minus the audit judge's score, over the audited rollouts."
    )

    @property
    def scored(self) -> int:
        """Number of rollouts that have a score."""
        return self.rollouts - self.errors


class TrainingPoint(Point):
    """A training step, or the mean of several consecutive older steps."""

    steps: int = Field(default=1, description="Number of steps covered.")
    groups: int = Field(description="Number of prompts with two or more scored answers.")
    flat_groups: float | None = Field(description="Share of the groups whose scores are all equal.")
    judge_calls: int


class ValidationPoint(Point):
    """A pass over the validation rows, or several older ones merged."""

    passes: int = Field(default=1, description="Number of passes covered.")


class ErrorCount(Contract):
    """Number of rollouts that could not be graded for the same reason; `example` is the first one's id."""

    reason: TextLine = Field(description="The exception's class and message.")
    count: int
    example: TextLine


class TrainingMetrics(Contract):
    """Training progress. Recent points are single steps; older ones are downsampled to bound the record's size."""

    estimated: Literal[True] = Field(
        default=True, description="Steps are estimated from rollouts because Bedrock reports none."
    )
    rollouts_per_step: int = Field(gt=0, description="batchSize x trainingSamplePerPrompt.")
    steps: int = Field(default=0, description="Training steps done.")
    steps_planned: int | None = Field(default=None, description="epochCount x ceil(training rows / batchSize).")
    training: tuple[TrainingPoint, ...] = ()
    validation: tuple[ValidationPoint, ...] = ()
    rollouts: int = Field(default=0, description="All graded rollouts, including validation.")
    errors: int = 0
    error_reasons: tuple[ErrorCount, ...] = Field(
        default=(), description="Reasons, most frequent first; limited to those found first."
    )
    judge: JudgeUse | None = Field(default=None, description="Total judge use; None for a rule-based grader.")
    unreadable: int = Field(default=0, description="Objects that contain no readable rollouts; they are not counted.")
    behind: bool = Field(
        default=False, description="There were more rollouts than one poll reads; the next poll continues."
    )


Group = tuple[int, float, bool]
"""Scored answers to one prompt: their number, the first score, and whether all scores are equal."""


class Tally(Contract):
    """Sums over rollouts; a complete step becomes a point."""

    rollouts: int = 0
    errors: int = 0
    scores: float = 0.0
    squares: float = Field(default=0.0, description="Of the scores.")
    answers: int = Field(default=0, description="Rollouts with a readable answer.")
    characters: int = 0
    figures: dict[str, tuple[int, float]] = Field(
        default_factory=dict, description="By answer statistic: number of values and their sum."
    )
    judge_calls: int = 0
    groups: dict[str, Group] = Field(default_factory=dict, description="Keyed by a short hash of the task id.")


class Reading(Contract):
    """Read position, internal to the control plane.

    All objects named up to `floor` are processed. After it, `seen` have been read; objects with names between them may
    still appear.
    """

    floor: str = ""
    seen: tuple[str, ...] = ()
    step: Tally = Field(default=Tally(), description="The training step in progress.")
    validation: Tally = Field(default=Tally(), description="The validation pass in progress: sums of the last point.")
