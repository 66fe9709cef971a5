"""Prints the report of `rft simulate`: reward and true accuracy by step, mix of answers, and the verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from rft_cli.views.printing import print_lines
from rft_cli.views.rewards import sparkline

Report = Mapping[str, Any]

LINES = 10
MAX_BEHAVIOURS_SHOWN = 3
MIN_SHARE = 0.005
COLOURS = {"learns": "green", "learns nothing": "yellow", "is gamed": "red"}


def print_simulation(console: Console, report: Report) -> None:
    size = f"{report['prompts_per_step']} prompts × {report['answers_per_prompt']} answers"
    print_lines(
        console,
        [
            f"[bold]{escape(report['grader'])}[/]",
            "[yellow]Simulated:[/] no language model is trained; kinds of answer compete for scores.",
            f"{len(report['steps'])} steps of {size}, {report['rows']} rows of {report['task']}, seed {report['seed']}",
            "",
        ],
    )
    console.print(_table(report["steps"]), "", sep="\n")
    print_lines(console, [*_curves(report["steps"]), verdict_line(report["verdict"])])


def verdict_line(verdict: Report) -> str:
    """The verdict and its reason as one line of rich markup."""
    outcome = verdict["outcome"]
    return f"[{COLOURS[outcome]} bold]{outcome}[/]: {escape(verdict['reason'])}"


def _curves(steps: Sequence[Report]) -> list[str]:
    rewards = [step["reward"] for step in steps if step["reward"] is not None]
    right = [step["true_accuracy"] for step in steps]
    return [f"reward         {sparkline(rewards)}", f"true accuracy  {sparkline(right)}", ""]


def _table(steps: Sequence[Report]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    for head in ("step", "reward", "accuracy", "val. reward", "val. accuracy"):
        table.add_column(head, justify="right", no_wrap=True)
    table.add_column("other answers", no_wrap=True, overflow="ellipsis")
    for step in _selected(steps):
        validation = (step["validation_reward"], step["validation_true_accuracy"])
        values = (step["reward"], step["true_accuracy"], *validation)
        table.add_row(str(step["step"]), *map(_value, values), _mix(step["mix"]))
    return table


def _selected(steps: Sequence[Report]) -> list[Report]:
    """Steps with a validation, downsampled evenly; includes the first and the last one."""
    validated = [step for step in steps if step["validation_true_accuracy"] is not None] or list(steps)
    if len(validated) <= LINES:
        return validated
    return [validated[at * (len(validated) - 1) // (LINES - 1)] for at in range(LINES)]


def _value(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _mix(mix: Mapping[str, float]) -> str:
    """The largest shares of answers that are not right."""
    shares = sorted(((share, name) for name, share in mix.items() if name != "right"), reverse=True)
    shown = [(share, name) for share, name in shares if share >= MIN_SHARE][:MAX_BEHAVIOURS_SHOWN]
    return " · ".join(f"{name.replace('_', ' ')} {share:.0%}" for share, name in shown)
