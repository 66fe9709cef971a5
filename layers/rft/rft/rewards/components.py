"""The named components of a grade and their weighted score."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache

from rft.contracts.grading import Metric

AUDIT_SCORE = "audit_score"
"""Name of the component with the audit judge's score, which has no weight."""


@dataclass(frozen=True)
class Component:
    """One named part of a grade. `weight` is its share of the score; None for a part that is only reported.

    `cap` is an upper limit for the whole score, whatever the other parts earn.
    """

    name: str
    value: float
    weight: float | None = None
    cap: float | None = None

    @cached_property
    def metric(self) -> Metric:
        """The metric that Bedrock reads, with the value before weighting."""
        return _metric(self)


@lru_cache(maxsize=1024)
def _metric(part: Component) -> Metric:
    # Metrics are immutable and repeat within a batch, so each distinct one is validated once.
    return Metric(name=part.name, value=part.value, type="Metric" if part.weight is None else "Reward")


@cache
def exact_match(*, right: bool, readable: bool) -> tuple[Component, ...]:
    # `readable` has no weight: format alone must not earn reward.
    return Component("answer", float(right), 1), Component("readable", float(readable))


def score_of(components: Sequence[Component]) -> float:
    """The weighted sum, 0..1, or the lowest cap if that is less.

    Raises ValueError if a weighted value or a cap is not finite or not in 0..1, or if the weights do not add up to 1.
    Values are never clamped: a value out of range is a bug in the grader.
    """
    rewarded = [(part, part.weight) for part in components if part.weight is not None]
    for part, _ in rewarded:
        if not 0 <= part.value <= 1:  # NaN fails this comparison
            raise ValueError(f"component {part.name} is {part.value}, not in 0..1")
    if not math.isclose(math.fsum(weight for _, weight in rewarded), 1, abs_tol=1e-9):
        raise ValueError("the weights of a grader's components must add up to 1")
    caps = [part.cap for part in components if part.cap is not None]
    if not all(0 <= cap <= 1 for cap in caps):
        raise ValueError("a cap must be in 0..1")
    return min(round(math.fsum(part.value * weight for part, weight in rewarded), 9), *caps, 1.0)
