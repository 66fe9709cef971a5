"""`smoke_test.json`: every score the grader gave before training, and the verdict."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import Field

from rft.contracts.base import Contract
from rft.contracts.dataset import SplitName
from rft.contracts.grading import Score


class Verdict(StrEnum):
    """`block` ends the run; `warn` is shown; `not_done` says that a check had nothing to work on, and why."""

    PASS = "pass"
    WARN = "warn"
    BLOCK = "block"
    NOT_DONE = "not_done"


class Check(Contract):
    """One check's result. `value` is the measured number, `threshold` the one it had to meet."""

    name: str
    verdict: Verdict
    detail: str = Field(description="One sentence with the numbers in it.")
    n: int = 0
    value: float | None = None
    threshold: float | None = None


class ProbeScore(Contract):
    """One answer we wrote and what it earned. `score` is None where the grader gave no valid one; `error` says why."""

    id: str
    task_id: str
    split: SplitName | Literal["canned"]
    kind: str = Field(description="What was answered: `right`, `wrong`, `canned`, …")
    score: Score | None
    error: str | None = None


class SmokeTestReport(Contract):
    """The whole report."""

    schema_version: Literal[1] = 1
    run_id: str
    grader_arn: str
    seed: int
    trusted: bool
    reasons: tuple[str, ...] = Field(description="Why not trusted, the weightiest first; empty when trusted.")
    checks: tuple[Check, ...]
    scores: tuple[ProbeScore, ...]
    invocations: int
    seconds: float


class SmokeTestSummary(Contract):
    """What the ledger keeps of a report."""

    trusted: bool
    reasons: tuple[str, ...]
    checks: tuple[Check, ...]
    mean_right: float | None
    mean_wrong: float | None
    report_uri: str
