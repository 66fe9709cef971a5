"""Forecast of a run's time and cost, before its job. Estimates, marked as such."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from rft.contracts.base import Contract, TextLines
from rft.contracts.prices import TokenPrices


class Range(Contract):
    """Lower and upper bound of what to expect; `high` is None where no upper bound is known."""

    low: float
    high: float | None


class SmokeTestUse(Contract):
    """Cost of the smoke test. `judge_calls` are counted; None where the grader does not report them.

    `judge_answers_planned`: upper bound of answers for a judge, known before it began.
    """

    invocations: int
    judge_answers_planned: int
    judge_calls: int | None
    judge_input_tokens: int | None
    judge_output_tokens: int | None


class MeasuringUse(Contract):
    """Cost of a calibration, or forecast for an evaluation: answers of models, their tokens, judge calls."""

    answers: int
    judge_calls: Range | None = Field(description="None where the grader does not report them.")
    input_tokens: Range
    output_tokens: Range


class LimitCheck(Contract):
    """A quota and the rate that the job will need. `fits` is None where either of the two is unknown."""

    name: Literal["grader_concurrency", "judge_requests_per_minute", "judge_tokens_per_minute"]
    needed: float | None
    allowed: float | None
    fits: bool | None


class CostLine(Contract):
    """One part of the cost in US dollars; None where it cannot be known. `unknown` names what is missing."""

    name: Literal["training", "judge", "graders", "calibration", "evaluation"]
    usd: Range | None
    unknown: TextLines = ()


class Forecast(Contract):
    """A run's forecast. Unknown values are None, never zero.

    Figures of judge and graders are of the job. The cost has all of the run; `judge_calls_in_all` all before the
    evaluation, which is skipped where it may take more than is left.
    """

    schema_version: Literal[1] = 1
    steps: int
    rollouts: Range
    grader_invocations: Range
    grader_hours: Range | None = Field(description="Time that graders take for all rollouts, by the smoke test's pace.")
    judge_calls: Range | None
    judge_input_tokens: Range | None
    judge_output_tokens: Range | None
    smoke_test: SmokeTestUse
    calibration: MeasuringUse | None = Field(default=None, description="As counted; None without a completed one.")
    evaluation: MeasuringUse | None = Field(default=None, description="None where nothing is to be evaluated.")
    judge_calls_in_all: Range | None
    grader_concurrency: int = Field(description="Concurrent grader invocations of one training step.")
    limits: tuple[LimitCheck, ...]
    training_hours: Range = Field(description="An estimate, up to the time at which the run stops its job.")
    cost: tuple[CostLine, ...]
    cost_usd: Range | None = Field(
        description="The sum. `high` is None where a part is unknown; all of it where the rest is under a cent, too."
    )
    prices_as_of: str
    prices_source: str
    assumptions: TextLines = Field(description="Assumptions of the estimates.")
    judge_price: TokenPrices | None = Field(default=None, description="Of the costliest judge; None where unknown.")
    over_budget: TextLines = Field(default=(), description="Limits of the request that the forecast may exceed.")
