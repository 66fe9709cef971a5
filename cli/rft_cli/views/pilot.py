"""Renders a pilot's result. Pure: views in, lines (rich markup) out."""

from __future__ import annotations

from collections.abc import Iterator

from rich.markup import escape

from rft_cli.views.forecast import range_text
from rft_cli.views.lines import summary_field
from rft_cli.views.rewards import View

STYLES = {"worthwhile": "green", "not_worthwhile": "red", "inconclusive": "yellow"}


def pilot_lines(pilot: View) -> Iterator[str]:
    """Recommendation for the full run, its reason, and the full run's cost extrapolated from the pilot."""
    verdict = pilot["verdict"]
    yield summary_field("pilot", f"[{STYLES[verdict]}]full run {verdict.replace('_', ' ')}[/]")
    for reason in pilot["reasons"]:
        yield summary_field("", escape(reason))
    full = pilot.get("full_run")
    if full is None:
        return
    expected = full["forecast"]
    hours, cost = full["training_hours"], full["cost_usd"]
    yield summary_field(
        "full run",
        f"{expected['steps']:,} steps · {range_text(expected['rollouts'])} rollouts · "
        f"{range_text(hours, '.1f')} h at this pace · {range_text(cost, ',.2f', '$')}",
    )
