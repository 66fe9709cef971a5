"""Follows a run on a terminal until it ends."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from rft.text import text_line
from rft_cli.views.printing import print_lines, print_note
from rft_cli.views.progress import Step, current_step
from rft_cli.views.rewards import Rewards, rewards_of
from rft_cli.views.run_events import TERMINAL, RunEventPrinter, milestone
from rft_client.api_client import ApiClient
from rft_client.polling import Pause, poll_run


def follow_run(
    client: ApiClient,
    run_id: str,
    console: Console,
    *,
    interval: float,
    verbose: bool = False,
    max_steps: int | None = None,
    pause: Pause = time.sleep,
) -> dict[str, Any]:
    """Prints events until the run has ended; returns its last view. Raises ApiError.

    `max_steps`: the emulator's limit on a job's steps, if known.
    """
    printer, last_milestone = RunEventPrinter(verbose=verbose), 0
    with ProgressBar(console) as bar:
        for view in poll_run(client, run_id, interval=interval, pause=pause, note=bar.note):
            ended = view["status"] in TERMINAL
            if not ended:
                print_lines(console, printer.lines(view))
            last_milestone = _print_milestones(console, rewards_of(view), last_milestone)
            bar.show(None if ended else current_step(view, max_steps))
    print_lines(console, printer.lines(view))
    return view


@dataclass
class ProgressBar:
    """A progress bar for the current step; prints nothing if the console is not a terminal."""

    def __init__(self, console: Console) -> None:
        columns = (TextColumn("{task.fields[step]:<10}"), BarColumn(20), TextColumn("{task.description}"))
        self._progress = Progress(
            TextColumn(" " * 9), *columns, TimeElapsedColumn(), console=console, transient=True,
            disable=not console.is_terminal,
        )  # fmt: skip
        self._task: TaskID | None = None
        self._name = ""

    def __enter__(self) -> ProgressBar:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def note(self, line: str) -> None:
        """Prints a line of plain text above the bar, or to stderr without a bar."""
        if self._progress.console.is_terminal:
            print_lines(self._progress.console, [escape(line)])
        else:
            print_note(escape(line))

    def show(self, step: Step | None) -> None:
        """Shows this step instead of the previous one; None hides the bar."""
        if step is None or step.name != self._name:
            if self._task is not None:
                self._progress.remove_task(self._task)
            self._task, self._name = None, ""
        if step is None:
            return
        if self._task is None:
            self._task, self._name = self._progress.add_task("", total=None, step=step.name), step.name
        self._progress.update(
            self._task, total=step.total, completed=step.completed, description=escape(text_line(step.description))
        )
        self._progress.refresh()


def _print_milestones(console: Console, rewards: Rewards, last: int) -> int:
    """Prints a permanent line for each validation after step `last`; returns the last printed step."""
    for point in rewards.points:
        if point.step > last and point.validation is not None:
            print_lines(console, [milestone(point, rewards)])
            last = point.step
    return last
