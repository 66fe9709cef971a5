"""Bounds a curve's length: keeps recent points and merges older ones evenly. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from rft.contracts.metrics import Point, TrainingPoint, ValidationPoint
from rft.training.aggregates import ANSWER_FIGURES

P = TypeVar("P", bound=Point)

TRAINING, TRAINING_RECENT = 200, 100
VALIDATION, VALIDATION_RECENT = 120, 60
"""Maximum number of points, and number of the newest points that are never merged."""


def downsample_training(points: tuple[TrainingPoint, ...]) -> tuple[TrainingPoint, ...]:
    """At most TRAINING points that cover the same steps."""
    return _thinned(points, TRAINING, TRAINING_RECENT, lambda point: point.steps, _both_steps)


def downsample_validation(points: tuple[ValidationPoint, ...]) -> tuple[ValidationPoint, ...]:
    """At most VALIDATION points that cover the same passes."""
    return _thinned(points, VALIDATION, VALIDATION_RECENT, lambda point: point.passes, _both_passes)


def _thinned(
    points: tuple[P, ...], most: int, recent: int, width: Callable[[P], int], both: Callable[[P, P], P]
) -> tuple[P, ...]:
    while len(points) > most:
        older = [width(point) for point in points[:-recent]]
        # The narrowest adjacent older points are merged, so that widths stay even.
        at = min(range(len(older) - 1), key=lambda i: older[i] + older[i + 1])
        points = (*points[:at], both(points[at], points[at + 1]), *points[at + 2 :])
    return points


def _both_steps(one: TrainingPoint, other: TrainingPoint) -> TrainingPoint:
    return TrainingPoint(
        **_figures(one, other),
        steps=one.steps + other.steps,
        groups=one.groups + other.groups,
        flat_groups=_mean((one.flat_groups, one.groups), (other.flat_groups, other.groups)),
        judge_calls=one.judge_calls + other.judge_calls,
    )


def _both_passes(one: ValidationPoint, other: ValidationPoint) -> ValidationPoint:
    return ValidationPoint(**_figures(one, other), passes=one.passes + other.passes)


def _figures(one: Point, other: Point) -> dict[str, Any]:
    return {
        "step": other.step,
        "rollouts": one.rollouts + other.rollouts,
        "errors": one.errors + other.errors,
        "reward": _mean((one.reward, one.scored), (other.reward, other.scored)),
        "spread": _mean((one.spread, one.scored), (other.spread, other.scored)),
        **{
            name: _mean((getattr(one, name), one.rollouts), (getattr(other, name), other.rollouts))
            for name in ("length", *ANSWER_FIGURES)
        },
    }


def _mean(*weighted: tuple[float | None, int]) -> float | None:
    return weighted_mean(weighted)


def weighted_mean(weighted: Sequence[tuple[float | None, int]]) -> float | None:
    """Weighted mean; None if the weights sum to zero."""
    known = [(figure, weight) for figure, weight in weighted if figure is not None and weight]
    total = sum(weight for _, weight in known)
    return round(sum(figure * weight for figure, weight in known) / total, 6) if total else None
