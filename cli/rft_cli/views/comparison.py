"""Renders a comparison of runs. Pure: the comparison in, lines (rich markup) out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.markup import escape

from rft.text import text_line
from rft_cli.views.lines import SIMULATED


def comparison_lines(comparison: Mapping[str, Any]) -> Iterator[str]:
    for run in comparison["runs"]:
        yield f"[bold]{run['run_id']}[/]  {run['status']}{f' {SIMULATED}' if run['simulated'] else ''}"
        first, last = _figure(run["reward_first"]), _figure(run["reward_last"])
        yield f"  reward {first} → {last}, test score {_figure(run['tuned'])}"
        yield f"  {escape(text_line(run['headline']))}"
    for path, values in comparison["requests"].items():
        yield f"[bold]{path}[/]  " + " | ".join(escape(text_line(str(value), 60)) for value in values)
    mark = f" {SIMULATED}" if comparison["simulated"] else ""
    for each in comparison["differences"]:
        yield f"{_difference_line(each, comparison['reference'])}{mark if each['verdict'] else ''}"


def _difference_line(each: Mapping[str, Any], reference: str) -> str:
    against = f"[bold]{each['run_id']}[/] against {reference}: "
    if each["unpaired"]:
        return f"{against}not compared row by row, as {each['unpaired']}"
    numbers = each["difference"]
    interval = numbers["interval"]
    sure = f", 95 % interval {interval[0]:+.3f} to {interval[1]:+.3f}" if interval else ", without an interval"
    return f"{against}{each['verdict'].replace('_', ' ')}, {numbers['value']:+.3f} on {numbers['rows']} test rows{sure}"


def _figure(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.3f}"
