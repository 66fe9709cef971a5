"""Builds training curves for tests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from rft.contracts.metrics import TrainingMetrics, TrainingPoint, ValidationPoint
from rft.training.downsample import downsample_training, downsample_validation


def training(step: int, reward: float | None, **figures: Any) -> TrainingPoint:
    """Return a training step of 64 rollouts in 16 groups."""
    usual = {"rollouts": 64, "errors": 0, "spread": 0.3, "length": 400.0, "groups": 16, "flat_groups": 0.3}
    return TrainingPoint.model_validate({"step": step, "reward": reward, "judge_calls": 64, **usual, **figures})


def validation(step: int, reward: float | None, **figures: Any) -> ValidationPoint:
    """Return a validation over 100 rows."""
    usual = {"rollouts": 100, "errors": 0, "spread": 0.3, "length": 400.0}
    return ValidationPoint.model_validate({"step": step, "reward": reward, **usual, **figures})


def curve(
    rewards: Sequence[float | None],
    held_out: Callable[[int], float | None] = lambda step: None,
    every: int = 10,
    **figures: Callable[[int], Any],
) -> TrainingMetrics:
    """Return steps with these rewards; every `every` steps `held_out` gives the validation reward; `figures` set other
    fields by step."""
    points: tuple[TrainingPoint, ...] = ()
    passes: tuple[ValidationPoint, ...] = ()
    for step, reward in enumerate(rewards, 1):
        points = downsample_training((*points, training(step, reward, **{n: of(step) for n, of in figures.items()})))
        if step % every == 0 and (earned := held_out(step)) is not None:
            passes = downsample_validation((*passes, validation(step, earned)))
    return TrainingMetrics(rollouts_per_step=64, steps=len(rewards), training=points, validation=passes)
