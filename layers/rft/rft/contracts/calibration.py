"""What the base model answered before training, and what follows from it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from rft.contracts.agreement import Interval
from rft.contracts.base import Contract, TextLine, TextLines

Difficulty = Literal["learnable", "mostly_solved", "hopeless", "undecided"]

UNAPPLIED = "dataset.difficulty was not applied, and all rows are trained on"
"""What a calibration that did not complete means for a run that was to leave rows out."""


class RowShare(Contract):
    """`hits` of `n` rows, with Wilson's 95 % interval of their share."""

    hits: int
    n: int
    interval: Interval


class CalibrationSlice(Contract):
    """A part of the rows: by label or by quartile of the prompt's length."""

    kind: Literal["label", "length"]
    name: str
    rows: int
    mean_score: float


class SampledUse(Contract):
    """What sampling took. Seconds are those of an answer, by the clock of who waits for it."""

    answers: int
    errors: int = Field(description="Answers that the model did not give or the grader could not score.")
    truncated: int
    input_tokens: int
    output_tokens: int
    mean_output_tokens: float | None
    p95_seconds: float | None


class CalibrationSummary(Contract):
    """A run's `calibration`. `reason` says why it was skipped or failed, or what the difficulty rests on."""

    status: Literal["completed", "failed", "skipped"]
    reason: TextLine = ""
    report_uri: str | None = None
    difficulty: Difficulty | None = None
    rows: int = 0
    samples_per_row: int = 0
    mean_score: float | None = None
    mean_interval: Interval | None = None
    always_right: RowShare | None = None
    never_right: RowShare | None = None
    between: RowShare | None = Field(default=None, description="Rows neither always nor never right.")
    tied: RowShare | None = Field(default=None, description="Rows whose answers all earned the same: no GRPO signal.")
    warnings: TextLines = ()
    use: SampledUse | None = None
    judge_calls: int = Field(default=0, description="By the grader's own count.")
    dropped: dict[Literal["solved", "hopeless"], int] = Field(
        default_factory=dict, description="Training rows that dataset.difficulty left out."
    )
    train_rows: int | None = Field(default=None, description="Those that stay; None where none was to be left out.")
    recommended: dict[str, int] = Field(
        default_factory=dict,
        description="Hyperparameters that these answers speak for; the job takes those that the request leaves open.",
    )


class CalibrationReport(Contract):
    """`runs/<run_id>/calibration.json`."""

    schema_version: Literal[1] = 1
    run_id: str
    model_id: str
    grader_arn: str
    summary: CalibrationSummary
    unmatched: tuple[str, ...] = Field(description="Settings that could not match training.")
    slices: tuple[CalibrationSlice, ...]
    length_correlation: float | None = Field(description="Pearson's, of an answer's characters and its score.")
    errors: tuple[str, ...] = Field(description="Distinct reasons why answers have no score, max 10.")
