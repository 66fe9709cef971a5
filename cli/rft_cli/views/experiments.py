"""Renders experiments as aligned lines. Pure: API responses in, lines (rich markup) out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.markup import escape

from rft_cli.views.lines import summary_field
from rft_cli.views.rewards import View

ENDED = frozenset({"COMPLETED", "FAILED", "CANCELLED"})
SIMULATED = " [yellow](simulated)[/]"
CONCLUSIONS = {
    "winner": "{best} is better than every other arm",
    "several_best": "not shown to be worse than the leader: {best}",
    "no_difference_shown": "no difference between the evaluated arms is shown",
    "not_comparable": "the evaluated arms cannot be compared",
}


def experiment_list_lines(experiments: Sequence[View]) -> Iterator[str]:
    """A header line, then one line per experiment."""
    width = max(len("EXPERIMENT ID"), *(len(each["experiment_id"]) for each in experiments))
    yield f"[bold]{'EXPERIMENT ID':<{width}}  {'STATUS':<9}  {'ARMS':>4}  RESULT[/]"
    for each in experiments:
        result = _conclusion(each["conclusion"], each["best"]) if each["conclusion"] else f"{each['running']} running"
        yield f"{each['experiment_id']:<{width}}  {each['status']:<9}  {each['arms']:>4}  {escape(result)}"


def progress_line(view: View) -> str:
    """Number of arms by state, and the amount spent."""
    counts: dict[str, int] = {}
    for arm in view["arms"]:
        counts[arm["status"]] = counts.get(arm["status"], 0) + 1
    arms = " · ".join(f"{count} {status}" for status, count in counts.items())
    return f"[bold]{view['status']}[/]  {arms}  {_spent(view['spent'])}"


def experiment_lines(view: View) -> Iterator[str]:
    """The experiment and its arms as last recorded, and the leaderboard once it has ended."""
    yield summary_field("experiment", f"{view['experiment_id']}  {view['status']}")
    yield summary_field("spent", _spent(view["spent"]))
    if view["budget_reached"]:
        yield summary_field("budget", f"[yellow]{escape(view['budget_reached'])}[/]")
    if view["failure"]:
        yield summary_field("failure", escape(f"{view['failure']['error']}: {view['failure']['cause']}"))
    board = view["leaderboard"]
    if board:
        mark = SIMULATED if board["simulated"] else ""
        yield summary_field("result", f"{escape(_conclusion(board['conclusion'], board['best']))}{mark}")
    if view["promotion_run_id"]:
        yield summary_field("promotion", view["promotion_run_id"])
    yield ""
    yield from _arm_lines(view)


def _arm_lines(view: View) -> Iterator[str]:
    """Ranked arms first, then the others in their original order."""
    standings = {each["arm"]: each for each in (view["leaderboard"] or {"standings": ()})["standings"]}
    arms = sorted(view["arms"], key=lambda arm: standings[arm["name"]]["rank"] if arm["name"] in standings else 999)
    width = max(len(arm["name"]) for arm in arms)
    for arm in arms:
        standing = standings.get(arm["name"])
        place = f"{standing['rank']:>2}" if standing else " -"
        figures = _figures(standing) if standing else f"reward {_figure(arm['reward'])} at step {arm['steps']}"
        why = f"  [dim]{escape(arm['reason'])}[/]" if arm["reason"] else ""
        yield f"{place}  {escape(arm['name']):<{width}}  {arm['status']:<9}  {figures}  [dim]{arm['run_id']}[/]{why}"


def _figures(standing: View) -> str:
    interval = standing["interval"]
    sure = f" ({interval[0]:+.3f} to {interval[1]:+.3f})" if interval else " (no interval)"
    behind = standing["p_behind_leader"]
    return f"{standing['estimate']:+.3f}{sure}{f'  p {behind:.3f}' if behind is not None else ''}"


def _figure(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.3f}"


def _conclusion(conclusion: str, best: Sequence[str]) -> str:
    return CONCLUSIONS[conclusion].format(best=", ".join(best))


def _spent(spent: View) -> str:
    usd = "USD unknown" if spent["usd"] is None else f"${spent['usd']:,.2f}"
    return f"{spent['runs']} runs · {spent['training_hours']:,.2f} h · {spent['judge_calls']:,} judge calls · {usd}"
