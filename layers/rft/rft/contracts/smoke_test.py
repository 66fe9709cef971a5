"""`smoke_test.json`: every score the grader gave before training, what each check makes of them, and the verdict."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import Field

from rft.contracts.agreement import HumanAgreement, Interval
from rft.contracts.base import Contract
from rft.contracts.dataset import SplitName
from rft.contracts.grading import Score
from rft.contracts.thresholds import Thresholds


class Verdict(StrEnum):
    """`block` ends the run; `warn` is shown; `not_done` says that a check had nothing to work on, and why."""

    PASS = "pass"
    WARN = "warn"
    BLOCK = "block"
    NOT_DONE = "not_done"


class CheckSummary(Contract):
    """One check's result in short.

    `value` is the measured number, `interval` its 95 % range, `threshold` where it blocks.
    """

    name: str
    verdict: Verdict
    detail: str = Field(description="One sentence with the numbers in it.")
    n: int = Field(default=0, description="What `value` was measured on: answers, rows or batches, as `detail` says.")
    value: float | None = None
    interval: Interval | None = None
    threshold: float | None = None


class Part(Contract):
    """One share of a check's result, such as one master key."""

    name: str
    n: int
    value: float
    interval: Interval | None = None


class Example(Contract):
    """A row that a check's result comes from."""

    task_id: str
    detail: str


class Check(CheckSummary):
    """One check's result in full."""

    statistic: str = Field(default="", description="What `value` is: a rate, a mean, a kappa.")
    warning: float | None = Field(default=None, description="Where the check warns.")
    parts: tuple[Part, ...] = ()
    worst: tuple[Example, ...] = Field(default=(), max_length=3, description="The three worst rows.")

    def short(self) -> CheckSummary:
        """Without parts and examples."""
        return CheckSummary(**{name: getattr(self, name) for name in CheckSummary.model_fields})


class ProbeScore(Contract):
    """One answer we wrote and what it earned. `score` is None where the grader gave no valid one; `error` says why.

    The same id in several trials is the same answer, asked again.
    """

    id: str
    trial: str = Field(description="`sweep`, `round 1`, `alone`, `load`, …: the company in which it was asked.")
    task_id: str
    split: SplitName | Literal["canned"]
    kind: str = Field(description="What was answered: `right`, `wrong`, `injection`, `canned`, …")
    variant: str = Field(default="", description="Which master key or injection.")
    score: Score | None
    error: str | None = None


class Calls(Contract):
    """What a smoke test costs, known before it starts.

    A judge is asked once per answer at most (`answers`), or only for right ones (`right_answers`) where code checks
    first, as the graders of this project do. A smoke test that stops early makes fewer.
    """

    invocations: int
    answers: int
    right_answers: int


class JudgeWork(Contract):
    """What the grader's judge had to do for the whole smoke test, by the grader's own metrics.

    `answers` that it was asked about; `calls` exceed them by retries, and by further judges of a panel.
    """

    answers: int
    calls: int
    input_tokens: int
    output_tokens: int


class Times(Contract):
    """Everything that differs between two runs of the same smoke test."""

    seconds: float
    load_p95_seconds: float | None = Field(default=None, description="p95 of parallel batches; None: not measured.")
    grader_timeout_seconds: float | None = Field(default=None, description="None: this stack may not look it up.")
    functions: int = Field(default=1, description="Functions that asked the grader; many where one had no time for it.")


class SmokeTestReport(Contract):
    """The whole report. The same seed, dataset and grader give the same report but for `times`."""

    schema_version: Literal[2] = 2
    run_id: str
    grader_arn: str
    seed: int
    trusted: bool
    reasons: tuple[str, ...] = Field(description="Why not trusted, the weightiest first; empty when trusted.")
    checks: tuple[Check, ...]
    dataset_checks: tuple[CheckSummary, ...] = Field(
        default=(), description="What `dataset/checks.json` found in the rows; none of them changes the verdict here."
    )
    thresholds: Thresholds
    overrides: dict[str, float] = Field(description="Those thresholds that the request changed.")
    planned: Calls
    invocations: int = Field(description="Calls of the grader that were made.")
    judge: JudgeWork | None = Field(description="None where the grader's metrics do not tell.")
    agreement: HumanAgreement | None = Field(description="None where rows do not compare two responses.")
    scores: tuple[ProbeScore, ...]
    times: Times


class SmokeTestSummary(Contract):
    """What the ledger keeps of a report."""

    trusted: bool
    reasons: tuple[str, ...]
    checks: tuple[CheckSummary, ...]
    mean_right: float | None
    mean_wrong: float | None
    report_uri: str
