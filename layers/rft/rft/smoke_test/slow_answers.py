"""Which durations of long answers count as slow. Pure."""

from __future__ import annotations

from collections.abc import Collection
from statistics import median

SLOW_SECONDS, WARN_SECONDS = 5.0, 1.0
"""For one answer of 8,000 characters."""

SLOW_FACTOR = 10
"""Multiple of the usual duration: a judge takes seconds for any answer."""


def slow_limits(usual: Collection[float]) -> tuple[float, float]:
    """Seconds above which a long answer blocks, and warns. `usual`: seconds of short answers that were sent alone."""
    least = SLOW_FACTOR * median(usual) if usual else 0.0
    return max(SLOW_SECONDS, least), max(WARN_SECONDS, least)
