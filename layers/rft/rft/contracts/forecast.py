"""Forecast of a run's time and cost before its job. All values are estimates."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from rft.contracts.base import Contract, TextLines
from rft.contracts.prices import TokenPrices


class Range(Contract):
    """Lower and upper bound; `high` is None if no upper bound is known."""

    low: float
    high: float | None


class SmokeTestUse(Contract):
    """Cost of the smoke test.

    `judge_calls`: as reported by the grader, None if it reports none. `judge_answers_planned`: upper bound of answers
    sent to a judge, computed before the test.
    """

    invocations: int
    judge_answers_planned: int
    judge_calls: int | None
    judge_input_tokens: int | None
    judge_output_tokens: int | None


class MeasuringUse(Contract):
    """Cost of a calibration (measured) or an evaluation (forecast): model answers, their tokens, judge calls."""

    answers: int
    judge_calls: Range | None = Field(description="None if the grader does not report them.")
    input_tokens: Range
    output_tokens: Range


class LimitCheck(Contract):
    """A quota and the rate that the job needs. `fits` is None if either is unknown."""

    name: Literal["grader_concurrency", "judge_requests_per_minute", "judge_tokens_per_minute"]
    needed: float | None
    allowed: float | None
    fits: bool | None


class CostLine(Contract):
    """One component of the cost in US dollars; None if it cannot be estimated. `unknown` names the missing input."""

    name: Literal["training", "judge", "graders", "calibration", "evaluation"]
    usd: Range | None
    unknown: TextLines = ()


class Forecast(Contract):
    """A run's forecast. Unknown values are None, never zero.

    Judge and grader figures cover the job, `cost` the whole run. `judge_calls_in_all` covers everything before the
    evaluation, which is skipped if it may exceed the remaining budget.
    """

    schema_version: Literal[1] = 1
    steps: int
    rollouts: Range
    grader_invocations: Range
    grader_hours: Range | None = Field(
        description="Total grader time for all rollouts, extrapolated from the smoke test."
    )
    judge_calls: Range | None
    judge_input_tokens: Range | None
    judge_output_tokens: Range | None
    smoke_test: SmokeTestUse
    calibration: MeasuringUse | None = Field(
        default=None, description="Measured use; None without a completed calibration."
    )
    evaluation: MeasuringUse | None = Field(default=None, description="None if there is no evaluation.")
    judge_calls_in_all: Range | None
    grader_concurrency: int = Field(description="Concurrent grader invocations of one training step.")
    limits: tuple[LimitCheck, ...]
    training_hours: Range = Field(description="An estimate; the upper bound is the run's time limit.")
    cost: tuple[CostLine, ...]
    cost_usd: Range | None = Field(
        description="The sum; `high` is None if a component is unknown. None if the known components are below a cent."
    )
    prices_as_of: str
    prices_source: str
    assumptions: TextLines = Field(description="Assumptions of the estimates.")
    judge_price: TokenPrices | None = Field(
        default=None, description="Prices of the most expensive judge; None if unknown."
    )
    over_budget: TextLines = Field(default=(), description="Limits of the request that the forecast may exceed.")
