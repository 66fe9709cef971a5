"""Compares a forecast with the request's limits. Unknown values count as exceeding. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from rft.contracts.forecast import Forecast
from rft.contracts.run_request import RunRequest


def over_budget(request: RunRequest, forecast: Forecast) -> tuple[str, ...]:
    """Each limit that may be exceeded, with the numbers; empty if there is none."""
    return (*_judge_calls(request.max_judge_calls, forecast), *_cost(request.max_cost_usd, forecast))


def _judge_calls(allowed: int | None, forecast: Forecast) -> Iterator[str]:
    if allowed is None:
        return
    calls = forecast.judge_calls_in_all
    if calls is None or calls.high is None:
        yield (
            f"max_judge_calls is {allowed:,}, and how many judge calls there will be cannot be known because the "
            "grader does not count them"
        )
    elif calls.high > allowed:
        yield (
            f"max_judge_calls is {allowed:,}, and up to {calls.high:,.0f} judge calls are to be expected, "
            + _made(forecast)
        )


def _made(forecast: Forecast) -> str:
    smoke_test, calibration = forecast.smoke_test.judge_calls or 0, forecast.calibration
    made = calibration.judge_calls.low if calibration and calibration.judge_calls else 0
    return f"{smoke_test:,} of them made by the smoke test" + (f" and {made:,.0f} by the calibration" if made else "")


def _cost(allowed: float | None, forecast: Forecast) -> Iterator[str]:
    if allowed is None:
        return
    cost = forecast.cost_usd
    if cost is None or cost.high is None:
        missing = "; ".join(what for line in forecast.cost for what in line.unknown)
        known = "" if cost is None else f" (min ${cost.low:,.2f})"
        yield (
            f"max_cost_usd is ${allowed:,.2f}, and the cost cannot be known{known} because this is unknown: {missing}; "
            "the stack's PriceTableUri or PriceTable can say"
        )
    elif cost.high > allowed:
        yield (
            f"max_cost_usd is ${allowed:,.2f}, and up to ${cost.high:,.2f} are to be expected, by the prices of "
            f"{forecast.prices_as_of}"
        )
