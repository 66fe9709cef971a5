"""Verdict on the tuned model, and statistical power of a split. Pure."""

from __future__ import annotations

import math
from typing import Literal

from rft.contracts.evaluation import Verdict
from rft.evaluation.paired import Difference, minimum_detectable

RELEVANT_GAIN = 0.05
"""A split that cannot detect a gain of five points is underpowered: AWS's samples gain 5 to 40 points."""

FEWEST_GROUPS = 10
"""Minimum groups for the bootstrap: 17 is the smallest number for which coverage is tested."""

TYPICAL_DEVIATION = 0.5
"""Assumed standard deviation of a row's difference before an evaluation: right-or-wrong answers, a quarter of
which change. At most 1 for scores from 0 to 1."""


def verdict(difference: Difference, minimum_gain: float = 0.0) -> Verdict:
    """Derived from the clustered interval alone.

    `better`: the interval is above `minimum_gain` (> 0: superiority by a margin; < 0: non-inferiority). `worse`: it is
    below 0, or below a negative `minimum_gain`. Otherwise `underpowered` if a gain of five points (or `minimum_gain`,
    if larger) would usually not have been detected, else `no_difference_shown`.
    """
    if difference.interval is None or difference.groups < FEWEST_GROUPS:
        return "underpowered"
    low, high = difference.interval
    if low > minimum_gain:
        return "better"
    if high < min(0.0, minimum_gain):
        return "worse"
    smallest = detectable(difference)
    return "underpowered" if smallest is None or smallest > max(RELEVANT_GAIN, minimum_gain) else "no_difference_shown"


def hypothesis(minimum_gain: float) -> Literal["superiority", "non_inferiority"]:
    """The hypothesis that `better` supports."""
    return "superiority" if minimum_gain >= 0 else "non_inferiority"


def detectable(difference: Difference) -> float | None:
    """The smallest difference that these rows would show at 80 % power."""
    error = difference.standard_error
    return None if error is None else minimum_detectable(error, difference.groups)


def planned_detectable(groups: int, deviation: float = TYPICAL_DEVIATION) -> float | None:
    """The smallest gain that this number of independent groups can show at 80 % power; None for fewer than two."""
    if groups < 2:
        return None
    return min(1.0, minimum_detectable(deviation / math.sqrt(groups), groups))


def groups_to_show(gain: float = RELEVANT_GAIN, deviation: float = TYPICAL_DEVIATION) -> int:
    """How many independent groups show such a gain at 80 % power."""
    low, high = 2, 4
    while (planned_detectable(high, deviation) or 1.0) > gain:
        low, high = high, high * 2
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if (planned_detectable(middle, deviation) or 1.0) > gain else (low, middle)
    return low
