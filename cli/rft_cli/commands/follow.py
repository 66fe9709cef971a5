"""Follow a run on a terminal until it ends."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from rft_cli.client.control_plane import ApiError, ControlPlane
from rft_cli.views.printing import say
from rft_cli.views.rewards import Rewards, rewards_of
from rft_cli.views.run_events import TERMINAL, Narrator, headline, milestone

ATTEMPTS = 10
LONGEST_PAUSE = 30.0
PASSING = frozenset({0, 429, 500, 502, 503, 504})
"""Statuses that may be gone in a while: a run of hours is not given up for a minute without network."""

Pause = Callable[[float], None]


def follow(
    plane: ControlPlane, run_id: str, console: Console, *, interval: float, pause: Pause = time.sleep
) -> dict[str, Any]:
    """Print what happens until the run has ended; returns its last view. Raises ApiError."""
    narrator, told = Narrator(), 0
    columns = (TextColumn("          training  "), BarColumn(20), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task("", total=None, visible=False)
        for view in views(plane, run_id, interval=interval, pause=pause):
            ended = view["status"] in TERMINAL
            if not ended:
                say(console, narrator.lines(view))
            seen = rewards_of(view)
            told = _say_milestones(console, seen, told)
            if view.get("job") and not ended:
                step = seen.points[-1].step if seen.points else 0
                progress.update(
                    bar, total=seen.steps, completed=step, description=escape(headline(view, seen)), visible=True
                )
    say(console, narrator.lines(view))
    return view


def views(plane: ControlPlane, run_id: str, *, interval: float, pause: Pause = time.sleep) -> Iterator[dict[str, Any]]:
    """How the run stands, every `interval` seconds until it has ended.

    What is wrong with the first question is told at once; later on, an API that is away for a while is asked again.
    """
    view = plane.run(run_id)
    while True:
        yield view
        if view["status"] in TERMINAL:
            return
        pause(interval)
        view = _patiently(plane, run_id, interval, pause)


def _patiently(plane: ControlPlane, run_id: str, interval: float, pause: Pause) -> dict[str, Any]:
    for attempt in range(1, ATTEMPTS):
        try:
            return plane.run(run_id)
        except ApiError as error:
            if error.status not in PASSING:
                raise
            pause(min(interval * 2**attempt, LONGEST_PAUSE))
    return plane.run(run_id)


def _say_milestones(console: Console, seen: Rewards, told: int) -> int:
    """A permanent line for every validation, so that a log without a progress bar shows the course too."""
    for point in seen.points:
        if point.step > told and point.validation is not None:
            say(console, [milestone(point, seen)])
            told = point.step
    return told
