"""Follow a run on a terminal until it ends."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from rft_cli.control_plane import ControlPlane
from rft_cli.narration import TERMINAL, Narrator

POLL_SECONDS = 0.5
BLOCKS = "▁▂▃▄▅▆▇█"


@dataclass(frozen=True)
class StepReward:
    """Mean reward of one training step (0..1), and of the validation that followed it, where there was one."""

    step: int
    training: float
    validation: float | None = None


@dataclass(frozen=True)
class Rewards:
    """Rewards so far; `steps` is how many there will be, None where nobody says."""

    points: Sequence[StepReward]
    steps: int | None


RewardSource = Callable[[dict[str, Any]], Rewards]
"""From a run's view to its rewards so far."""


def follow(plane: ControlPlane, run_id: str, console: Console, rewards: RewardSource) -> dict[str, Any]:
    """Print what happens until the run has ended; returns its last view. Raises ApiError."""
    narrator, told = Narrator(), 0
    columns = (TextColumn("          training  "), BarColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task("", total=None, visible=False)
        while True:
            view = plane.run(run_id)
            seen = rewards(view) if view.get("job") else Rewards((), None)
            if view["status"] not in TERMINAL:
                _say(console, narrator.lines(view))
            told = _say_milestones(console, seen, told)
            if seen.points:
                progress.update(
                    bar, total=seen.steps, completed=seen.points[-1].step, description=_headline(seen), visible=True
                )
            if view["status"] in TERMINAL:
                _say(console, narrator.lines(view))
                return view
            time.sleep(POLL_SECONDS)


def sparkline(values: Sequence[float], width: int = 40) -> str:
    """Values of 0..1 as one character each, thinned evenly to `width`."""
    if len(values) > width:
        values = [values[i * len(values) // width] for i in range(width)]
    return "".join(BLOCKS[min(int(v * len(BLOCKS)), len(BLOCKS) - 1)] for v in values)


def _say(console: Console, lines: Any) -> None:
    for line in lines:
        console.print(line, highlight=False, soft_wrap=True)


def _headline(seen: Rewards) -> str:
    last = seen.points[-1]
    return f"step {last.step}{f'/{seen.steps}' if seen.steps else ''} · reward {last.training:.3f}"


def _say_milestones(console: Console, seen: Rewards, told: int) -> int:
    """A permanent line for every validation, so that a log without a progress bar shows the course too."""
    for point in seen.points:
        if point.step > told and point.validation is not None:
            console.print(
                f"          step {point.step:>4}  reward {point.training:.3f}  validation {point.validation:.3f}  "
                f"[green]{sparkline([p.training for p in seen.points if p.step <= point.step])}[/]",
                highlight=False,
            )
            told = point.step
    return told
