"""Renders a run's round and its comparison with the previous one. Pure: views in, lines (rich markup) out."""

from __future__ import annotations

from collections.abc import Iterator

from rich.markup import escape

from rft_cli.views.lines import SIMULATED, summary_field
from rft_cli.views.rewards import View


def round_lines(view: View) -> Iterator[str]:
    """Round and comparison; no lines for a run that continues no other run."""
    made = (view.get("dataset") or {}).get("round")
    if made:
        yield summary_field("round", f"{made['number']}, after {made['run_id']}")
        yield summary_field("", _rows_text(made))
    evaluation = view.get("evaluation") or {}
    if compared := evaluation.get("previous"):
        yield summary_field("vs before", comparison_text(compared, simulated=evaluation["simulated"]))


def comparison_text(compared: View, *, simulated: bool) -> str:
    """One line: the verdict against the previous round, or the reason why there is none."""
    if compared["verdict"] is None:
        return f"[yellow]{compared['status']}[/]: {escape(compared['reason'])}"
    interval = compared["interval"]
    sure = f"{interval[0]:+.3f} to {interval[1]:+.3f}" if interval else "no interval"
    verdict = compared["verdict"].replace("_", " ")
    scores = f"{compared['previous']:.3f} → {compared['tuned']:.3f} ({sure})"
    return f"{verdict}: {scores} on {compared['rows']} test rows{f' {SIMULATED}' if simulated else ''}"


def _rows_text(made: View) -> str:
    left_out = made["known"] + made["held_out"]
    more = f" · {left_out:,} new records left out" if left_out else ""
    return (
        f"{made['remaining']:,} rows kept · {made['solved']:,} solved and {made['hopeless']:,} hopeless dropped · "
        f"{made['added']:,} new{more}"
    )
