"""Remaining budget of a run after its measured use. Pure."""

from __future__ import annotations

from rft.contracts.breaker import BreakerRequest
from rft.contracts.ledger import RunRecord

ATTEMPTS_OF_AN_ANSWER = 1.0
"""Minimum judge calls per answer if the grader calls a judge."""


def limited_breaker(record: RunRecord) -> BreakerRequest:
    """The request's breaker, extended to stop a job that has used up the remaining limits."""
    rules = record.request.breaker
    calls, usd = _calls_for_training(record), _judge_usd_for_training(record)
    # A limit that the forecast already exceeded was approved by a person and therefore stops nothing.
    if calls is not None:
        limit = calls if rules.judge_calls.limit is None else min(calls, rules.judge_calls.limit)
        rules = rules.model_copy(update={"judge_calls": rules.judge_calls.model_copy(update={"limit": limit})})
    if usd is not None and rules.judge_cost.limit is None:
        rules = rules.model_copy(update={"judge_cost": rules.judge_cost.model_copy(update=usd)})
    return rules


def judge_calls_made(record: RunRecord) -> int:
    smoke_test = (record.forecast.smoke_test.judge_calls or 0) if record.forecast else 0
    calibration = record.calibration.judge_calls if record.calibration else 0
    training = record.metrics.judge.calls if record.metrics and record.metrics.judge else 0
    return smoke_test + calibration + training


def calls_per_answer(record: RunRecord) -> float:
    """Upper bound per answer; 0 if the grader calls no judge or does not report calls."""
    forecast = record.forecast
    if forecast is None or forecast.judge_calls is None or not forecast.judge_calls.high or not forecast.rollouts.high:
        return 0.0
    return max(ATTEMPTS_OF_AN_ANSWER, forecast.judge_calls.high / forecast.rollouts.high)


def _calls_for_training(record: RunRecord) -> int | None:
    allowed, forecast = record.request.max_judge_calls, record.forecast
    if allowed is None or forecast is None:
        return None
    high = forecast.judge_calls_in_all.high if forecast.judge_calls_in_all else None
    if high is None or high > allowed:
        return None
    before = (forecast.smoke_test.judge_calls or 0) + (record.calibration.judge_calls if record.calibration else 0)
    return max(0, allowed - before)


def _judge_usd_for_training(record: RunRecord) -> dict[str, float] | None:
    """`limit` and prices of the judge_cost rule: the most expensive judge's, and the limit minus all other costs."""
    allowed, forecast = record.request.max_cost_usd, record.forecast
    if allowed is None or forecast is None or forecast.judge_price is None:
        return None
    cost, price, use = forecast.cost_usd, forecast.judge_price, forecast.smoke_test
    if cost is None or cost.high is None or cost.high > allowed:
        return None
    others = sum(line.usd.high or 0.0 for line in forecast.cost if line.usd and line.name != "judge")
    reading, writing = price.input_per_million or 0.0, price.output_per_million or 0.0
    spent = ((use.judge_input_tokens or 0) * reading + (use.judge_output_tokens or 0) * writing) / 1_000_000
    return {
        "limit": max(0.0, allowed - others - spent),
        "usd_per_million_input_tokens": reading,
        "usd_per_million_output_tokens": writing,
    }
