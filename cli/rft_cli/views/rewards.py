"""Training and validation rewards by step, from a run's view. Pure."""

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
    """Mean training reward up to this step (0..1), and mean reward of the validation after it, if any."""

    step: int
    training: float
    validation: float | None = None


@dataclass(frozen=True)
class Rewards:
    """Rewards so far, in step order. Steps are estimated by the control plane; older ones are merged.

    `steps`: planned number of steps, None if unknown. `simulated`: no model was trained.
    """

    points: Sequence[StepReward] = ()
    steps: int | None = None
    simulated: bool = False


def rewards_of(view: View) -> Rewards:
    """Rewards in the view's `metrics`. Omits steps without a score; empty before the first one."""
    metrics = view.get("metrics") or {}
    training = [point for point in metrics.get("training", ()) if point["reward"] is not None]
    validation = _by_step([point["step"] for point in training], metrics.get("validation", ()))
    points = [StepReward(point["step"], point["reward"], validation.get(point["step"])) for point in training]
    return Rewards(points, steps=metrics.get("steps_planned"), simulated=_is_simulated_job(view))


def is_simulated(arn: str | None) -> bool:
    """Whether the ARN belongs to the emulator, whose jobs and models have a marker in their id."""
    return (arn or "").rpartition("/")[2].startswith("emulated")


def sparkline(values: Sequence[float], width: int = 40) -> str:
    """One block character per value (0..1), downsampled evenly to `width`; includes the last value."""
    if len(values) > width:
        values = [values[(i + 1) * len(values) // width - 1] for i in range(width)]
    return "".join(BLOCKS[min(int(max(v, 0.0) * len(BLOCKS)), len(BLOCKS) - 1)] for v in values)


def _by_step(steps: Sequence[int], validation: Sequence[View]) -> dict[int, float]:
    """Validation rewards by the step of the covering training point, or of the last one."""
    known = [point for point in validation if point["reward"] is not None and point["step"] > 0] if steps else []
    return {steps[min(bisect_left(steps, point["step"]), len(steps) - 1)]: point["reward"] for point in known}


def _is_simulated_job(view: View) -> bool:
    return is_simulated((view.get("job") or {}).get("arn")) or is_simulated(view.get("model_arn"))
