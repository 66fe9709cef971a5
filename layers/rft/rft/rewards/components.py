"""What a grader says about one answer: named parts, and the score that their weights make of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from rft.contracts.grading import Metric


@dataclass(frozen=True)
class Component:
    """One named part of a grade. `weight` is its share of the score; None says that it only informs."""

    name: str
    value: float
    weight: float | None = None

    def metric(self) -> Metric:
        """The part as Bedrock reads it, with the value before weighting."""
        return Metric(name=self.name, value=self.value, type="Metric" if self.weight is None else "Reward")


def score_of(components: Sequence[Component]) -> float:
    """The weighted sum, 0..1.

    Raises ValueError where that is not what it would be: a rewarded part that is not finite or not in 0..1, or
    weights that do not add up to 1. Nothing is clamped: a score that needs it is a bug in the grader.
    """
    rewarded = [(part, part.weight) for part in components if part.weight is not None]
    for part, _ in rewarded:
        if not 0 <= part.value <= 1:  # NaN compares false
            raise ValueError(f"component {part.name} is {part.value}, not in 0..1")
    if not math.isclose(math.fsum(weight for _, weight in rewarded), 1, abs_tol=1e-9):
        raise ValueError("the weights of a grader's components must add up to 1")
    return round(math.fsum(part.value * weight for part, weight in rewarded), 9)
