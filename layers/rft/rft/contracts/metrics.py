"""Training metrics from the rollouts that graders write: points of curves, and the position of the next read.

Bedrock does not report steps. A training step counts as batchSize x trainingSamplePerPrompt rollouts of the
training split in the order they were graded: an estimate, and marked as one. A rollout that could not be graded is
counted as an error, and its zero is in no mean.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from rft.contracts.base import Contract, TextLine
from rft.contracts.telemetry import JudgeUse


class Point(Contract):
    """Statistics of some rollouts; None where none of them was scored."""

    step: int = Field(description="The last training step that it covers; for a validation, the one it followed.")
    rollouts: int
    errors: int = Field(description="Rollouts that could not be graded.")
    reward: float | None = Field(description="Mean score, 0 to 1.")
    spread: float | None = Field(description="Standard deviation of the scores.")
    length: float | None = Field(description="Mean length of the answers, in characters.")
    entropy: float | None = Field(default=None, description="Mean entropy of an answer's words, in bits per word.")
    copied: float | None = Field(default=None, description="Mean share of an answer that is copied from its prompt.")
    weakest: float | None = Field(default=None, description="Mean of the part with the lowest reward, of several.")
    above_audit: float | None = Field(
        default=None, description="Mean of score minus the audit judge's score, over the rollouts that it scored."
    )

    @property
    def scored(self) -> int:
        """Rollouts that have a score."""
        return self.rollouts - self.errors


class TrainingPoint(Point):
    """A training step, or several older ones in one: then figures are means over them."""

    steps: int = Field(default=1, description="How many steps it covers.")
    groups: int = Field(description="Prompts with two or more scored answers.")
    flat_groups: float | None = Field(description="Share of the groups whose scores are all equal.")
    judge_calls: int


class ValidationPoint(Point):
    """A pass over validation rows, or several older ones merged."""

    passes: int = Field(default=1, description="How many passes it covers.")


class ErrorCount(Contract):
    """Rollouts that could not be graded for the same reason; `example` is the first one's id."""

    reason: TextLine = Field(description="The exception's class and message.")
    count: int
    example: TextLine


class TrainingMetrics(Contract):
    """The course of training so far. Recent points are single steps; older ones are downsampled to bound the record."""

    estimated: Literal[True] = Field(default=True, description="Steps are counted by rollouts: Bedrock reports none.")
    rollouts_per_step: int = Field(gt=0, description="batchSize x trainingSamplePerPrompt.")
    steps: int = Field(default=0, description="Training steps done.")
    steps_planned: int | None = Field(default=None, description="epochCount x ceil(training rows / batchSize).")
    training: tuple[TrainingPoint, ...] = ()
    validation: tuple[ValidationPoint, ...] = ()
    rollouts: int = Field(default=0, description="All graded rollouts, validation included.")
    errors: int = 0
    error_reasons: tuple[ErrorCount, ...] = Field(
        default=(), description="Reasons, most frequent first; a bounded number, those found first."
    )
    judge: JudgeUse | None = Field(default=None, description="All judging together; None for a rule-based grader.")
    unreadable: int = Field(default=0, description="Objects without rollouts; their figures are missing here.")
    behind: bool = Field(default=False, description="More rollouts than one poll reads; the next poll continues.")


Group = tuple[int, float, bool]
"""Scored answers to one prompt: how many, the first one's score, and whether all have the same."""


class Tally(Contract):
    """Sums over rollouts, of which a complete step becomes a point."""

    rollouts: int = 0
    errors: int = 0
    scores: float = 0.0
    squares: float = Field(default=0.0, description="Of the scores.")
    answers: int = Field(default=0, description="Rollouts whose answer could be read.")
    characters: int = 0
    figures: dict[str, tuple[int, float]] = Field(
        default_factory=dict, description="By figure of an answer: how many have it, and their sum."
    )
    judge_calls: int = 0
    groups: dict[str, Group] = Field(default_factory=dict, description="By a short hash of the task id.")


class Reading(Contract):
    """Position of the next read: internal to the control plane.

    Objects named up to `floor` are done. After it, `seen` were read; others may still appear between them.
    """

    floor: str = ""
    seen: tuple[str, ...] = ()
    step: Tally = Field(default=Tally(), description="The training step under way.")
    validation: Tally = Field(default=Tally(), description="The validation pass under way: the last point's sums.")
