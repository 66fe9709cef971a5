"""Calibration: the base model's answers before training, their statistics, and the resulting recommendations."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from rft.contracts.agreement import Interval
from rft.contracts.base import Contract, TextLine, TextLines

Difficulty = Literal["learnable", "mostly_solved", "hopeless", "undecided"]

UNAPPLIED = "dataset.difficulty was not applied; training uses all rows"
"""Note for a run with `dataset.difficulty` whose calibration did not complete."""


class RowShare(Contract):
    """`hits` of `n` rows, with Wilson's 95 % confidence interval of the proportion."""

    hits: int
    n: int
    interval: Interval


class CalibrationSlice(Contract):
    """A slice of the rows: by label, or by quartile of the prompt length."""

    kind: Literal["label", "length"]
    name: str
    rows: int
    mean_score: float


class SampledUse(Contract):
    """Cost of sampling. Seconds per answer are wall-clock time measured by the caller."""

    answers: int
    errors: int = Field(description="Answers that failed in the model or the grader.")
    truncated: int
    input_tokens: int
    output_tokens: int
    mean_output_tokens: float | None
    p95_seconds: float | None


class CalibrationSummary(Contract):
    """A run's `calibration`. `reason`: why it was skipped or failed, or the evidence for `difficulty`."""

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
    between: RowShare | None = Field(
        default=None, description="Rows whose answers are neither all right nor all wrong."
    )
    tied: RowShare | None = Field(
        default=None, description="Rows whose answers all have the same score: no GRPO signal."
    )
    warnings: TextLines = ()
    use: SampledUse | None = None
    judge_calls: int = Field(default=0, description="As reported by the grader.")
    dropped: dict[Literal["solved", "hopeless"], int] = Field(
        default_factory=dict, description="Training rows removed by dataset.difficulty."
    )
    train_rows: int | None = Field(
        default=None, description="Remaining training rows; None without dataset.difficulty."
    )
    recommended: dict[str, int] = Field(
        default_factory=dict,
        description="Recommended hyperparameters; the job uses those that the request does not set.",
    )
    simulated: bool = Field(default=False, description="The answers came from the emulator, not from Bedrock.")


class CalibrationReport(Contract):
    """Content of `runs/<run_id>/calibration.json`."""

    schema_version: Literal[1] = 1
    run_id: str
    model_id: str
    grader_arn: str
    summary: CalibrationSummary
    unmatched: tuple[str, ...] = Field(description="Sampling settings that differ from training.")
    slices: tuple[CalibrationSlice, ...]
    length_correlation: float | None = Field(
        description="Pearson correlation of an answer's length in characters and its score."
    )
    errors: tuple[str, ...] = Field(description="Distinct reasons for unscored answers, max 10.")
