"""`smoke_test.json`: every score that the grader gave before training, the checks, and the result."""

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
    """One probe and its score. `score` is None where the grader gave no valid one; `error` says why.

    The same id in several trials is the same answer, sent again.
    """

    id: str
    trial: str = Field(description="`sweep`, `round 1`, `alone`, `load`, …: the batch in which it was sent.")
    task_id: TextLine
    split: SplitName | Literal["canned"]
    kind: str = Field(description="Kind of the answer: `right`, `wrong`, `injection`, `canned`, …")
    variant: str = Field(default="", description="Which master key or injection.")
    score: Score | None
    error: TextLine | None = None


class Calls(Contract):
    """Cost of a smoke test, known before it starts.

    A judge is called max once per answer (`answers`), or only for right ones (`right_answers`) where code checks
    first, as the graders of this project do. A smoke test that stops early makes fewer, one with an undecided check up
    to `most_answers`. A batch whose answer AWS lost is sent once more: these are not counted here.
    """

    invocations: int
    answers: int
    right_answers: int
    most_answers: int = 0


class JudgeWork(Contract):
    """Judge calls of the whole smoke test, by the grader's own metrics.

    `answers` it was called for; `calls` exceed them by retries and further judges of a panel.
    """

    answers: int
    calls: int
    input_tokens: int
    output_tokens: int


class Times(Contract):
    """Everything that differs between two runs of the same smoke test."""

    seconds: float
    load_p95_seconds: float | None = Field(default=None, description="p95 of parallel batches; None: not measured.")
    grader_timeout_seconds: float | None = Field(default=None, description="None: this stack may not read it.")
    functions: int = Field(default=1, description="Functions that sent probes; several where one was too slow.")


class SmokeTestReport(Contract):
    """The whole report. The same seed, dataset and grader give the same report but for `times`."""

    schema_version: Literal[2] = 2
    run_id: str
    grader_arn: str
    grader_code_sha256: str | None = Field(default=None, description="None: this stack may not read it.")
    grader_pinned: bool = Field(default=True, description="False: its code can change while the job trains.")
    seed: int
    trusted: bool
    reasons: TextLines = Field(description="Why not trusted, most important first; empty when trusted.")
    checks: tuple[Check, ...]
    dataset_checks: tuple[CheckSummary, ...] = Field(
        default=(), description="What `dataset/checks.json` found in the rows; none of them changes the verdict here."
    )
    thresholds: Thresholds
    overrides: dict[str, float] = Field(description="Thresholds that the request changed.")
    planned: Calls
    invocations: int = Field(description="Calls of the grader that were made.")
    judge: JudgeWork | None = Field(description="None where the grader's metrics lack it.")
    agreement: HumanAgreement | None = Field(description="None where rows do not compare two responses.")
    scores: tuple[ProbeScore, ...]
    times: Times


class SmokeTestSummary(Contract):
    """A report's summary in the ledger."""

    trusted: bool
    reasons: TextLines
    checks: tuple[CheckSummary, ...]
    mean_right: float | None
    mean_wrong: float | None
    report_uri: str
