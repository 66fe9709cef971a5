"""The result of one check, of a dataset or of a grader."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import Field

from rft.contracts.agreement import Interval
from rft.contracts.base import Contract, TextLine


class CheckResult(StrEnum):
    """`block` ends the run; `warn` is shown; `skipped` says that a check had nothing to work on, and why.

    `undecided`: the value is beyond the blocking limit, but its interval is not, and no more rows could narrow it.
    """

    PASS = "pass"
    WARN = "warn"
    UNDECIDED = "undecided"
    BLOCK = "block"
    SKIPPED = "skipped"


Comparison = Literal[">=", "<="]


class CheckSummary(Contract):
    """One check's result in short: what was measured (`value comparison limit`), and a sentence.

    `interval`: the 95 % range of `value`. A check blocks beyond `limit` and warns beyond `warn_limit`; None: never.
    """

    name: str
    result: CheckResult
    detail: TextLine = Field(description="One sentence with the numbers in it.")
    n: int = Field(default=0, description="What `value` was measured on: answers, rows or batches, as `detail` says.")
    value: float | None = None
    interval: Interval | None = None
    comparison: Comparison | None = Field(default=None, description="How `value` passes: `>=` the limit, or `<=` it.")
    limit: float | None = None
    warn_limit: float | None = None
    smallest_rate: float | None = Field(
        default=None, description="The rate of failures that `n` would have shown at least once in 95 of 100 tests."
    )
    unit: Literal["", "%"] = Field(default="", description="`%`: value and limits are shares, 1 is all.")


class CheckPart(Contract):
    """One share of a check's result, such as one master key."""

    name: str
    n: int
    value: float
    interval: Interval | None = None
    result: CheckResult | None = Field(default=None, description="Of this part alone, where it is a code of its own.")


class CheckExample(Contract):
    """A row that a check's result comes from. `part`: the name of the check's part, where it has parts."""

    task_id: TextLine
    detail: TextLine
    part: TextLine = ""
    answer: TextLine = Field(default="", description="The answer that was sent, cut.")


class Check(CheckSummary):
    """One check's result in full."""

    statistic: str = Field(default="", description="What `value` is: a rate, a mean, a kappa.")
    chance: float | None = Field(
        default=None, description="How often a grader at the limit is measured as bad; None: as `interval` says."
    )
    parts: tuple[CheckPart, ...] = ()
    worst_examples: tuple[CheckExample, ...] = Field(
        default=(), max_length=20, description="The three worst rows, or one for each part that fails."
    )

    def short(self) -> CheckSummary:
        """Without parts and examples."""
        return CheckSummary(**{name: getattr(self, name) for name in CheckSummary.model_fields})


class DatasetChecks(Contract):
    """`dataset/checks.json`: every check of the rows.

    Where `rows_read` is below `rows`, the checks of prompts are of a sample.
    """

    schema_version: Literal[1] = 1
    run_id: str
    rows: int
    rows_read: int = Field(description="Rows whose prompts and references were read, evenly spaced in each split.")
    checks: tuple[Check, ...]
