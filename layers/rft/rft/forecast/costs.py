"""Hours and US dollars of a job, with lower and upper bounds. Unknown values stay unknown. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rft.contracts.forecast import CostLine, Range
from rft.contracts.prices import Pace, PriceTable, TokenPrices

LAMBDA_MAX_GB = 10
"""Lambda's maximum memory: the upper bound for graders of unknown size; the lower bound's cost is negligible."""

CENT = 0.01


@dataclass(frozen=True)
class JudgeBill:
    """Judge tokens, including the smoke test's, and the judges' models; None if unknown."""

    models: tuple[str, ...] | None
    input_tokens: Range | None
    output_tokens: Range | None

    @property
    def nothing(self) -> bool:
        return self.input_tokens == self.output_tokens == Range(low=0, high=0)


def training_hours(*, rollouts: Range, least: float, most: float, pace: Pace | None) -> Range:
    """Lower bound `least`: the time to generate and grade all answers; upper bound `most`: the run's time limit.

    A measured pace narrows both bounds.
    """
    low, high = least, most
    if pace is not None:
        low = max(low, rollouts.low / pace.most)
        high = min(high, (rollouts.high or 0) / pace.least)
    return Range(low=min(low, high), high=high)


def cost_lines(
    *, prices: PriceTable, training_hours: Range, judge: JudgeBill, grader_hours: Range | None, invocations: Range
) -> tuple[CostLine, ...]:
    """Cost of training, judges and graders. Excludes storage and use of the trained model."""
    return (
        _training(prices, training_hours),
        judge_line(prices, judge),
        _graders(prices, grader_hours, invocations),
    )


def total(lines: Sequence[CostLine]) -> Range | None:
    """Sum of the known lines; `high` is None if a line has no upper bound.

    None if a line is unknown and the others are below one cent.
    """
    known = [line.usd for line in lines if line.usd is not None]
    low, highs = sum(each.low for each in known), [each.high for each in known if each.high is not None]
    complete = len(highs) == len(lines)
    # A sum of zero would look free.
    if not complete and low < CENT:
        return None
    return Range(low=round(low, 6), high=round(sum(highs), 6) if complete else None)


def _training(prices: PriceTable, hours: Range) -> CostLine:
    if prices.training_hour is None:
        return CostLine(name="training", usd=None, unknown=("the price of an hour of reinforcement fine-tuning",))
    return CostLine(name="training", usd=_dollars(hours, prices.training_hour))


def judge_line(prices: PriceTable, judge: JudgeBill) -> CostLine:
    if judge.nothing:
        return CostLine(name="judge", usd=Range(low=0, high=0))
    if judge.models is None:
        return _unknown_judge("which models a grader outside this stack calls")
    if judge.input_tokens is None or judge.output_tokens is None:
        return _unknown_judge("how many tokens the judge takes: the grader does not count them")
    priced = [(model, prices.judge(model)) for model in judge.models]
    missing = [model for model, p in priced if p.input_per_million is None or p.output_per_million is None]
    if missing:
        return _unknown_judge(*(f"the price of {model}" for model in missing))
    reading = [p.input_per_million or 0.0 for _, p in priced]
    writing = [p.output_per_million or 0.0 for _, p in priced]
    # A panel's tokens are not reported per model: the bounds assume the cheapest and the most expensive model for all.
    low = _millions(judge.input_tokens.low, min(reading)) + _millions(judge.output_tokens.low, min(writing))
    high = _millions(judge.input_tokens.high or 0, max(reading)) + _millions(
        judge.output_tokens.high or 0, max(writing)
    )
    return CostLine(name="judge", usd=Range(low=round(low, 6), high=round(high, 6)))


def dearest(prices: PriceTable, models: Sequence[str] | None) -> TokenPrices | None:
    """The highest input and output price among the models; None if one is unknown or there are none."""
    priced = [prices.judge(model) for model in models or ()]
    reading, writing = [p.input_per_million for p in priced], [p.output_per_million for p in priced]
    if not priced or None in (*reading, *writing):
        return None
    return TokenPrices(
        input_per_million=max(each or 0.0 for each in reading), output_per_million=max(each or 0.0 for each in writing)
    )


def _unknown_judge(*what: str) -> CostLine:
    return CostLine(name="judge", usd=None, unknown=what)


def _graders(prices: PriceTable, hours: Range | None, invocations: Range) -> CostLine:
    missing = {
        "the price of Lambda requests": prices.lambda_million_requests,
        "the price of a GB-second of Lambda": prices.lambda_gb_second,
        "how long a batch takes: the load was not measured": hours,
    }
    unknown = tuple(what for what, value in missing.items() if value is None)
    if hours is None or unknown:
        return CostLine(name="graders", usd=None, unknown=unknown)
    requests = prices.lambda_million_requests or 0.0
    compute = (hours.high or 0) * 3600 * LAMBDA_MAX_GB * (prices.lambda_gb_second or 0.0)
    low, high = _millions(invocations.low, requests), _millions(invocations.high or 0, requests) + compute
    return CostLine(name="graders", usd=Range(low=round(low, 6), high=round(high, 6)))


def _dollars(amount: Range, each: float) -> Range:
    return Range(low=round(amount.low * each, 6), high=None if amount.high is None else round(amount.high * each, 6))


def _millions(count: float, price: float) -> float:
    return count / 1_000_000 * price
