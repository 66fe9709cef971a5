"""Renders a run's forecast. Pure: views in, lines (rich markup) out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rich.markup import escape

from rft_cli.views.lines import stage_field
from rft_cli.views.rewards import View


def forecast_lines(view: View, *, verbose: bool) -> Iterator[str]:
    """Work, duration and cost, `unknown` if there is no estimate. Exceeded limits and budgets are always shown."""
    forecast = view["forecast"]
    work = f"{forecast['steps']:,} steps · {range_text(forecast['rollouts'])} rollouts"
    yield stage_field("forecast", f"{work} · {range_text(forecast['judge_calls_in_all'])} judge calls")
    unknown = list(dict.fromkeys(what for line in forecast["cost"] for what in line["unknown"]))
    limit_hours = view["request"]["max_training_hours"]
    yield stage_field("cost", f"{_cost(forecast, unknown)} · {_duration(forecast, limit_hours)}")
    if verbose and unknown:
        yield stage_field("unknown", escape("; ".join(unknown)))
    for limit in forecast["limits"]:
        if limit["fits"] is False:
            name = limit["name"].replace("_", " ")
            yield stage_field(
                "over limit", f"{name}: {limit['needed']:,.0f} needed, max {limit['allowed']:,.0f}", style="yellow"
            )
    for reason in forecast["over_budget"]:
        yield stage_field("over budget", escape(reason), style="yellow")


def _cost(forecast: View, unknown: list[str]) -> str:
    known = forecast["cost_usd"]
    if known is not None and known["high"] is not None:
        return f"{range_text(known, ',.2f', '$')} [dim](list prices {forecast['prices_as_of']})[/]"
    prices = "price" if len(unknown) == 1 else "prices"
    return (
        f"{range_text(known, ',.2f', '$')} ({len(unknown)} {prices} unknown)"
        if unknown
        else range_text(known, ",.2f", "$")
    )


def _duration(forecast: View, limit_hours: float) -> str:
    """The estimated duration, or the run's time limit if there is no estimate."""
    hours = forecast["training_hours"]
    if hours is None or hours["high"] is None or hours["high"] >= limit_hours:
        return f"training max {limit_hours:g} h (limit)"
    return f"training {range_text(hours, '.1f')} h"


def range_text(numbers: Mapping[str, float | None] | None, form: str = ",.0f", unit: str = "") -> str:
    """Formats a range as `2,748–3,196`, or the known bound if the other is missing."""
    if numbers is None:
        return "unknown"
    low, high = (None if end is None else f"{unit}{end:{form}}" for end in (numbers["low"], numbers["high"]))
    if high is None:
        return f"≥ {low}"
    if low == f"{unit}{0:{form}}" != high:
        return f"≤ {high}"
    return f"{low}" if low == high else f"{low}–{high}"
