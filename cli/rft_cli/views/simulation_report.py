"""A simulation as people read it: rewards beside the truth, the mix of answers over time, the verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from rft_cli.views.printing import say
from rft_cli.views.rewards import sparkline

Report = Mapping[str, Any]

LINES = 10
SHOWN_BEHAVIOURS = 3
MIN_SHARE = 0.005
COLOURS = {"learns": "green", "learns nothing": "yellow", "is gamed": "red"}


def show(console: Console, report: Report) -> None:
    """Print a report."""
    size = f"{report['prompts_per_step']} prompts, {report['answers_per_prompt']} answers each"
    what = f"{len(report['steps'])} steps of {size}, {report['rows']} rows of {report['task']}, seed {report['seed']}"
    say(
        console,
        [
            f"[bold]{escape(report['grader'])}[/]",
            "[yellow]Simulated:[/] no language model is trained; kinds of answer compete for the grader's scores.",
            what,
            "",
        ],
    )
    console.print(_table(report["steps"]), "", sep="\n")
    say(console, [*_curves(report["steps"]), verdict_line(report["verdict"])])


def verdict_line(verdict: Report) -> str:
    """The verdict and why, in one line of rich markup."""
    outcome = verdict["outcome"]
    return f"[{COLOURS[outcome]} bold]{outcome}[/]: {escape(verdict['reason'])}"


def _curves(steps: Sequence[Report]) -> list[str]:
    rewards = [step["reward"] for step in steps if step["reward"] is not None]
    right = [step["true_accuracy"] for step in steps]
    return [f"reward       {sparkline(rewards)}", f"truly right  {sparkline(right)}", ""]


def _table(steps: Sequence[Report]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    for head in ("step", "reward", "right", "held out", "right"):
        table.add_column(head, justify="right")
    table.add_column("most used of the others")
    for step in _thinned(steps):
        held_out = (step["validation_reward"], step["validation_true_accuracy"])
        figures = (step["reward"], step["true_accuracy"], *held_out)
        table.add_row(str(step["step"]), *map(_figure, figures), _mix(step["mix"]))
    return table


def _thinned(steps: Sequence[Report]) -> list[Report]:
    """Steps after which held-out rows were graded, first and last among them, or evenly fewer."""
    validated = [step for step in steps if step["validation_true_accuracy"] is not None] or list(steps)
    if len(validated) <= LINES:
        return validated
    return [validated[at * (len(validated) - 1) // (LINES - 1)] for at in range(LINES)]


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _mix(mix: Mapping[str, float]) -> str:
    """The largest shares of what is not right."""
    shares = sorted(((share, name) for name, share in mix.items() if name != "right"), reverse=True)
    shown = [(share, name) for share, name in shares if share >= MIN_SHARE][:SHOWN_BEHAVIOURS]
    return " · ".join(f"{name.replace('_', ' ')} {share:.0%}" for share, name in shown)
