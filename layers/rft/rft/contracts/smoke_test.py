"""Content of `smoke_test.json`: all scores from before training, the checks, and the result."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from rft.contracts.agreement import HumanAgreement
from rft.contracts.base import Contract, TextLine, TextLines
from rft.contracts.checks import Check, CheckSummary
from rft.contracts.dataset import SplitName
from rft.contracts.grading import Score
from rft.contracts.thresholds import Thresholds


class ProbeScore(Contract):
    """One probe and its score.

    `score` is None if the grader returned no valid one; `error` says why. The same id in several trials is the same
    answer, sent repeatedly.
    """

    id: str
    trial: str = Field(description="`sweep`, `round 1`, `alone`, `load`, …: the batch that contained it.")
    task_id: TextLine
    split: SplitName | Literal["canned"]
    kind: str = Field(description="Kind of the answer: `right`, `wrong`, `injection`, `canned`, …")
    variant: str = Field(default="", description="Name of the master key or injection.")
    score: Score | None
    error: TextLine | None = None


class Calls(Contract):
    """Cost of a smoke test, computed before it starts.

    A judge is called at most once per answer (`answers`), or only for right answers (`right_answers`) if code checks
    them first, as this project's graders do. A smoke test that stops early makes fewer calls, one with an undecided
    check up to `most_answers`. Resent batches, whose response from AWS was lost, are not counted.
    """

    invocations: int
    answers: int
    right_answers: int
    most_answers: int = 0


class JudgeWork(Contract):
    """Judge calls of the whole smoke test, from the grader's metrics.

    `answers`: answers that were judged; `calls` is larger because of retries and further judges of a panel.
    """

    answers: int
    calls: int
    input_tokens: int
    output_tokens: int


class Times(Contract):
    """All fields that differ between two runs of the same smoke test."""

    seconds: float
    load_p95_seconds: float | None = Field(
        default=None, description="p95 latency of parallel batches; None: not measured."
    )
    grader_timeout_seconds: float | None = Field(
        default=None, description="None: the stack has no permission to read it."
    )
    functions: int = Field(
        default=1, description="Number of functions that sent probes; several if one would have taken too long."
    )


class SmokeTestReport(Contract):
    """The full report. The same seed, dataset and grader give the same report except for `times`."""

    schema_version: Literal[2] = 2
    run_id: str
    grader_arn: str
    grader_code_sha256: str | None = Field(default=None, description="None: the stack has no permission to read it.")
    grader_pinned: bool = Field(default=True, description="False: the grader's code can change during training.")
    seed: int
    trusted: bool
    reasons: TextLines = Field(description="Why the grader is not trusted, most important first; empty if it is.")
    checks: tuple[Check, ...]
    dataset_checks: tuple[CheckSummary, ...] = Field(
        default=(), description="Results of `dataset/checks.json`; they do not affect the verdict."
    )
    thresholds: Thresholds
    overrides: dict[str, float] = Field(description="Thresholds overridden by the request.")
    planned: Calls
    invocations: int = Field(description="Number of grader calls made.")
    judge: JudgeWork | None = Field(description="None if the grader's metrics do not report it.")
    agreement: HumanAgreement | None = Field(description="None if rows do not compare two responses.")
    scores: tuple[ProbeScore, ...]
    times: Times


class SmokeTestSummary(Contract):
    """Summary of a smoke test report, stored in the ledger."""

    trusted: bool
    reasons: TextLines
    checks: tuple[CheckSummary, ...]
    mean_right: float | None
    mean_wrong: float | None
    report_uri: str
