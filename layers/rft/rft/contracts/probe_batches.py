"""Data exchanged between the functions that send a smoke test's probes, through states or S3 objects.

A smoke test is a plan of batches; a batch is identified by its index in the plan. The plan is a pure function of the
run's request and dataset files, so only indices are passed.
"""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from rft.contracts.base import Contract
from rft.contracts.grading import Score
from rft.contracts.steps import PreparedDataset, RunInput


class ProbePart(Contract):
    """The batches that one function sends. `number` counts parts from 0; `batches` are indices in the plan."""

    number: int = Field(ge=0)
    batches: tuple[int, ...]


class PendingParts(Contract):
    """smoke_test_grader's output if the probes exceed its time: it resumes once these parts are complete."""

    grader_arn: str
    parts: tuple[ProbePart, ...]


class RunProbeBatchInput(RunInput):
    dataset: PreparedDataset
    grader_arn: str
    part: ProbePart


class CompletedPart(Contract):
    """run_probe_batch's output; `batches` is the number of batches."""

    number: int
    batches: int


class AnswerScore(Contract):
    """The score of one answer, or why it has none. `id` is the answer's id."""

    id: str
    score: Score | None = None
    breach: str | None = None
    errored: bool = False
    reason: str = Field(default="", description="The grader's error message.")
    judge: dict[str, float] = Field(default_factory=dict)


class BatchScores(Contract):
    """Result of one batch.

    No answers: AWS throttled the call. Not `sent`: the deadline had passed.
    """

    number: int
    answers: tuple[AnswerScore, ...]
    seconds: float | None
    sent: bool


class PartScores(Contract):
    """Content of `part-<number>.json`: everything that one function has sent since `began`, complete or not.

    `unanswered`: by batch index, how often a batch was sent whose result is unknown.
    """

    began: datetime
    batches: tuple[BatchScores, ...]
    unanswered: dict[int, int] = Field(default_factory=dict)
