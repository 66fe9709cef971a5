"""Score range of a grader: 0 to 1, or as declared in the request."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator

from rft.contracts.base import Number

ScoreBounds = tuple[float, float]
"""The lowest and the highest score."""

UNIT: ScoreBounds = (0.0, 1.0)

LARGEST_SCORE = 1_000_000
"""Limit of a declared range; floats are precise enough for the mapping below it."""


def _ordered(bounds: tuple[float, float]) -> tuple[float, float]:
    low, high = bounds
    if not -LARGEST_SCORE <= low < high <= LARGEST_SCORE:
        raise ValueError(f"must be [lowest, highest] with lowest < highest, within ±{LARGEST_SCORE:,}")
    return bounds


ScoreRange = Annotated[tuple[Number, Number], AfterValidator(_ordered)]
"""Score range in a request, such as [-1, 1]."""


def to_unit(score: float, bounds: ScoreBounds) -> float:
    """Maps a score to 0..1, as used by statistics and thresholds. Raises ValueError if it is out of range."""
    low, high = bounds
    if not low <= score <= high:
        raise ValueError(f"is outside {low:g} to {high:g}")
    return (score - low) / (high - low)
