"""The result of one check, of a dataset or of a grader."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import Field

from rft.contracts.agreement import Interval
from rft.contracts.base import Contract, TextLine


class CheckResult(StrEnum):
    """`block` ends the run; `warn` is shown; `skipped`: the check had no data; the detail says why.

    `undecided`: the value is beyond the blocking limit, but its interval is not, and no more rows could narrow it.
    """

    PASS = "pass"
    WARN = "warn"
    UNDECIDED = "undecided"
    BLOCK = "block"
    SKIPPED = "skipped"


Comparison = Literal[">=", "<="]


class CheckSummary(Contract):
    """One check's result in short: the measured value (`value comparison limit`), and a sentence.

    `interval`: the 95 % range of `value`. A check blocks beyond `limit` and warns beyond `warn_limit`; None: never.
    """

    name: str
    result: CheckResult
    detail: TextLine = Field(description="One sentence with the numbers in it.")
    n: int = Field(default=0, description="Sample size of `value`: answers, rows or batches, as `detail` says.")
    value: float | None = None
    interval: Interval | None = None
    comparison: Comparison | None = Field(default=None, description="A value passes if it is `>=` or `<=` the limit.")
    limit: float | None = None
    warn_limit: float | None = None
    smallest_rate: float | None = Field(
        default=None, description="The smallest failure rate that a sample of `n` shows with a probability of 95 %."
    )
    unit: Literal["", "%"] = Field(default="", description="`%`: value and limits are shares from 0 to 1.")


class CheckPart(Contract):
    """One share of a check's result, such as one master key."""

    name: str
    n: int
    value: float
    interval: Interval | None = None
    result: CheckResult | None = Field(default=None, description="Of this part alone, where it is a code of its own.")


class CheckExample(Contract):
    """A row behind a check's result. `part`: the name of the check's part, where it has parts."""

    task_id: TextLine
    detail: TextLine
    part: TextLine = ""
    answer: TextLine = Field(default="", description="The answer that was sent, truncated.")


class Check(CheckSummary):
    """One check's result in full."""

    statistic: str = Field(default="", description="What `value` is: a rate, a mean, a kappa.")
    chance: float | None = Field(
        default=None, description="Probability of this value for a grader at the limit; None: see `interval`."
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
