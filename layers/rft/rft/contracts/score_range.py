"""The scores that a grader gives: 0 to 1, or those that a request declares."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator

from rft.contracts.base import Number

ScoreBounds = tuple[float, float]
"""The lowest and the highest score."""

UNIT: ScoreBounds = (0.0, 1.0)

LARGEST_SCORE = 1_000_000
"""Far beyond any grader's range; floats map exactly enough within it."""


def _ordered(bounds: tuple[float, float]) -> tuple[float, float]:
    low, high = bounds
    if not -LARGEST_SCORE <= low < high <= LARGEST_SCORE:
        raise ValueError(f"must be the lowest and the highest score, in this order, within {LARGEST_SCORE:,} of 0")
    return bounds


ScoreRange = Annotated[tuple[Number, Number], AfterValidator(_ordered)]
"""As a request writes it: [-1, 1]."""


def to_unit(score: float, bounds: ScoreBounds) -> float:
    """The score in 0..1, as statistics and thresholds take it. Raises ValueError where it is out of bounds."""
    low, high = bounds
    if not low <= score <= high:
        raise ValueError(f"is not from {low:g} to {high:g}")
    return (score - low) / (high - low)
