"""Data between the functions that send a smoke test's probes, through states or objects in S3.

A smoke test is a plan of batches; a batch is known by its number, its place in the plan. The plan follows from the
run's request and its dataset's files, so that only numbers are passed.
"""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from rft.contracts.base import Contract
from rft.contracts.grading import Score
from rft.contracts.steps import PreparedDataset, RunInput


class ProbePart(Contract):
    """What one function sends. `number` counts from 0 in a run; `batches` are numbers of the plan's."""

    number: int = Field(ge=0)
    batches: tuple[int, ...]


class PendingParts(Contract):
    """smoke_test_grader's output where the probes take longer than it has: it resumes once these parts are complete."""

    grader_arn: str
    parts: tuple[ProbePart, ...]


class RunProbeBatchInput(RunInput):
    dataset: PreparedDataset
    grader_arn: str
    part: ProbePart


class CompletedPart(Contract):
    """run_probe_batch's output; `batches` counts them."""

    number: int
    batches: int


class AnswerScore(Contract):
    """What one answer scored, or why it has no score. `id` is the answer's."""

    id: str
    score: Score | None = None
    breach: str | None = None
    errored: bool = False
    reason: str = Field(default="", description="What the grader says of its error.")
    judge: dict[str, float] = Field(default_factory=dict)


class BatchScores(Contract):
    """What came of one batch. No answers: AWS refused the call under load. Not `sent`: time was up before."""

    number: int
    answers: tuple[AnswerScore, ...]
    seconds: float | None
    sent: bool


class PartScores(Contract):
    """`part-<number>.json`: all that one function sent, from `began` on, whether it ended or not.

    `unanswered`: how often each batch was sent whose answer is unknown, by its number.
    """

    began: datetime
    batches: tuple[BatchScores, ...]
    unanswered: dict[int, int] = Field(default_factory=dict)
