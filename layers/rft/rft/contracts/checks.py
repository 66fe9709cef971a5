"""Results of checks of a dataset or a grader."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import Field

from rft.contracts.agreement import Interval
from rft.contracts.base import Contract, TextLine


class CheckResult(StrEnum):
    """Outcome of a check.

    `block` ends the run; `warn` is reported. `skipped`: no data for the check, see `detail`. `undecided`: the value
    exceeds the blocking limit but its confidence interval does not, and no more rows are available.
    """

    PASS = "pass"
    WARN = "warn"
    UNDECIDED = "undecided"
    BLOCK = "block"
    SKIPPED = "skipped"


Comparison = Literal[">=", "<="]


class CheckSummary(Contract):
    """A check's result in short: the measured `value`, its `comparison` with the limits, and a sentence.

    `interval`: 95 % confidence interval of `value`. A check blocks beyond `limit` and warns beyond `warn_limit`; None
    disables that limit.
    """

    name: str
    result: CheckResult
    detail: TextLine = Field(description="One sentence with the measured numbers.")
    n: int = Field(default=0, description="Sample size of `value`: answers, rows or batches, as stated in `detail`.")
    value: float | None = None
    interval: Interval | None = None
    comparison: Comparison | None = Field(default=None, description="A value passes if it is `>=` or `<=` the limit.")
    limit: float | None = None
    warn_limit: float | None = None
    smallest_rate: float | None = Field(
        default=None, description="The smallest failure rate that a sample of `n` detects with 95 % probability."
    )
    unit: Literal["", "%"] = Field(default="", description="`%`: value and limits are proportions from 0 to 1.")


class CheckPart(Contract):
    """One part of a check's result, such as one master key."""

    name: str
    n: int
    value: float
    interval: Interval | None = None
    result: CheckResult | None = Field(
        default=None, description="The part's own status, if it is a separate check code."
    )


class CheckExample(Contract):
    """A row that contributed to a check's result. `part` names the check's part, if it has parts."""

    task_id: TextLine
    detail: TextLine
    part: TextLine = ""
    answer: TextLine = Field(default="", description="The probe answer, truncated.")


class Check(CheckSummary):
    """A check's full result."""

    statistic: str = Field(default="", description="The statistic in `value`: a rate, a mean, a kappa.")
    chance: float | None = Field(
        default=None,
        description="Probability of this value if the grader is exactly at the limit; None: see `interval`.",
    )
    parts: tuple[CheckPart, ...] = ()
    worst_examples: tuple[CheckExample, ...] = Field(
        default=(), max_length=20, description="The three worst rows, or one per failed part."
    )

    def short(self) -> CheckSummary:
        """The result without parts and examples."""
        return CheckSummary(**{name: getattr(self, name) for name in CheckSummary.model_fields})


class DatasetChecks(Contract):
    """Content of `dataset/checks.json`: all checks of the dataset's rows.

    If `rows_read` is less than `rows`, the prompt checks cover a sample.
    """

    schema_version: Literal[1] = 1
    run_id: str
    rows: int
    rows_read: int = Field(
        description="Rows whose prompts and references were read; sampled at even intervals from each split."
    )
    checks: tuple[Check, ...]
