"""Rewards of a run so far, as its view has them: what training and validation earned, step by step. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

BLOCKS = "▁▂▃▄▅▆▇█"

View = Mapping[str, Any]
"""The body of `GET /runs/{run_id}`."""


@dataclass(frozen=True)
class StepReward:
    """Mean reward of training up to this step (0..1), and of the validation that followed it, where there was one."""

    step: int
    training: float
    validation: float | None = None


@dataclass(frozen=True)
class Rewards:
    """Rewards so far, in step order; steps are the control plane's estimate, and old ones are merged.

    `steps` is the planned number, None where unknown. `simulated`: no model was trained.
    """

    points: Sequence[StepReward] = ()
    steps: int | None = None
    simulated: bool = False


def rewards_of(view: View) -> Rewards:
    """Rewards in the view's `metrics`. Steps without a score are left out; nothing comes before the first one."""
    metrics = view.get("metrics") or {}
    training = [point for point in metrics.get("training", ()) if point["reward"] is not None]
    validation = _by_step([point["step"] for point in training], metrics.get("validation", ()))
    points = [StepReward(point["step"], point["reward"], validation.get(point["step"])) for point in training]
    return Rewards(points, steps=metrics.get("steps_planned"), simulated=_is_simulated_job(view))


def is_simulated(arn: str | None) -> bool:
    """The emulator's jobs and models carry it in their id."""
    return (arn or "").rpartition("/")[2].startswith("emulated")


def sparkline(values: Sequence[float], width: int = 40) -> str:
    """Values of 0..1 as one character each, thinned evenly to `width`; the last one always shows."""
    if len(values) > width:
        values = [values[(i + 1) * len(values) // width - 1] for i in range(width)]
    return "".join(BLOCKS[min(int(max(v, 0.0) * len(BLOCKS)), len(BLOCKS) - 1)] for v in values)


def _by_step(steps: Sequence[int], validation: Sequence[View]) -> dict[int, float]:
    """Each validation's reward under the training point that covers its step, or under the last one there is."""
    known = [point for point in validation if point["reward"] is not None and point["step"] > 0] if steps else []
    return {steps[min(bisect_left(steps, point["step"]), len(steps) - 1)]: point["reward"] for point in known}


def _is_simulated_job(view: View) -> bool:
    return is_simulated((view.get("job") or {}).get("arn")) or is_simulated(view.get("model_arn"))
