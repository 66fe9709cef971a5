"""Evaluates whether an alarm's metric breaches its threshold. Pure.

Amazon CloudWatch User Guide, "Evaluating an alarm" and "Configuring how CloudWatch alarms treat missing data".
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

Point = tuple[float, float]
"""Time in seconds, and value."""


@dataclass(frozen=True)
class AlarmRule:
    """Rule of an alarm on one metric. `period` is in seconds; `statistic` is a CloudWatch name, such as Sum or p95."""

    comparison: str
    threshold: float
    statistic: str
    period: float
    periods: int
    datapoints: int
    missing: str


COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "GreaterThanThreshold": lambda value, limit: value > limit,
    "GreaterThanOrEqualToThreshold": lambda value, limit: value >= limit,
    "LessThanThreshold": lambda value, limit: value < limit,
    "LessThanOrEqualToThreshold": lambda value, limit: value <= limit,
}

STATISTICS: Mapping[str, Callable[[Sequence[float]], float]] = {
    "Sum": math.fsum,
    "Average": lambda values: math.fsum(values) / len(values),
    "Maximum": max,
    "Minimum": min,
    "SampleCount": len,
}


def breaches(rule: AlarmRule, points: Sequence[Point], now: float) -> bool:
    """Return whether `datapoints` of the last `periods` periods breach; `missing` decides for periods without data."""
    breaching = 0
    for back in range(rule.periods):
        end = now - back * rule.period
        values = [value for at, value in points if end - rule.period < at <= end]
        if values:
            breaching += COMPARISONS[rule.comparison](statistic(rule.statistic, values), rule.threshold)
        else:
            breaching += rule.missing == "breaching"
    return breaching >= rule.datapoints


def statistic(name: str, values: Sequence[float]) -> float:
    """Return the statistic of one period's values. Raises KeyError for an unknown statistic."""
    if not name.startswith("p"):
        return STATISTICS[name](values)
    ordered = sorted(values)
    return ordered[max(0, math.ceil(float(name[1:]) / 100 * len(ordered)) - 1)]
