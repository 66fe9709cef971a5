"""Paired difference of two models on the same rows, clustered by prompt group. Pure."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from statistics import NormalDist

from rft.contracts.agreement import Interval
from rft.evaluation.distributions import binomial_two_sided, student_cdf, student_quantile, student_two_sided
from rft.smoke_test.statistics import quantile

RESAMPLES = 2_000
SEED = 20_26
"""Fixed seed, so that the same scores always give the same interval."""

POWER = 0.8
"""Conventional statistical power (Cohen 1988)."""

_NORMAL = NormalDist()


@dataclass(frozen=True)
class ScorePair:
    """One row's scores. Rows of the same `group` share their prompt's material and are not independent."""

    row_id: str
    group: str
    base: float
    tuned: float

    @property
    def difference(self) -> float:
        """Tuned minus base."""
        return self.tuned - self.base


@dataclass(frozen=True)
class Difference:
    """A mean difference over rows. None for fewer than two groups.

    `interval`: 95 % cluster bootstrap. `standard_error` and `p_value`: cluster-robust (CR1, Student's t with groups - 1
    degrees of freedom).
    """

    value: float
    interval: Interval | None
    standard_error: float | None
    p_value: float | None
    rows: int
    groups: int


def paired_difference(pairs: Sequence[ScorePair], *, resamples: int = RESAMPLES, seed: int = SEED) -> Difference:
    """Raises ValueError without rows."""
    if not pairs:
        raise ValueError("no rows to compare")
    totals = group_totals(pairs)
    value = sum(total for total, _ in totals) / len(pairs)
    error = clustered_error(totals, value)
    return Difference(
        value=value,
        interval=clustered_interval(totals, resamples=resamples, seed=seed),
        standard_error=error,
        p_value=None if error is None else _p_value(value, error, len(totals)),
        rows=len(pairs),
        groups=len(totals),
    )


def group_totals(pairs: Sequence[ScorePair]) -> list[tuple[float, int]]:
    """Each group's summed difference and number of rows, ordered by group name."""
    sums: dict[str, tuple[float, int]] = {}
    for pair in pairs:
        total, rows = sums.get(pair.group, (0.0, 0))
        sums[pair.group] = (total + pair.difference, rows + 1)
    return [sums[group] for group in sorted(sums)]


def clustered_error(totals: Sequence[tuple[float, int]], mean: float) -> float | None:
    """Cluster-robust standard error of the mean over rows (CR1: factor G / (G - 1))."""
    groups, rows = len(totals), sum(n for _, n in totals)
    if groups < 2:
        return None
    squares = math.fsum((total - mean * n) ** 2 for total, n in totals)
    return math.sqrt(groups / (groups - 1) * squares) / rows


def clustered_interval(
    totals: Sequence[tuple[float, int]], *, resamples: int = RESAMPLES, seed: int = SEED
) -> Interval | None:
    """95 % interval of the mean over rows by a cluster bootstrap; None for fewer than two groups.

    Expanded percentiles (Hesterberg 2015): the 2.5 % tails are those of Student's t with groups - 1 degrees of freedom,
    widened by sqrt(G / (G - 1)), because plain percentiles are too narrow for few groups.
    """
    groups = len(totals)
    if groups < 2:
        return None
    means = sorted(
        sum(totals[at][0] for at in drawn) / sum(totals[at][1] for at in drawn)
        for drawn in resampled(groups, resamples, seed)
    )
    tail = expanded_tail(groups)
    return quantile(means, tail), quantile(means, 1 - tail)


def resampled(groups: int, resamples: int, seed: int) -> Iterator[list[int]]:
    rng = random.Random(seed)  # noqa: S311 - a repeatable interval, no secret
    for _ in range(resamples):
        yield rng.choices(range(groups), k=groups)


@cache
def expanded_tail(groups: int) -> float:
    """The percentile that replaces 2.5 %."""
    return _NORMAL.cdf(-student_quantile(0.975, groups - 1) * math.sqrt(groups / (groups - 1)))


def effect_size(pairs: Sequence[ScorePair]) -> float | None:
    """Cohen's d of paired scores: mean difference divided by its standard deviation; None if that is zero."""
    if len(pairs) < 2:
        return None
    mean = math.fsum(pair.difference for pair in pairs) / len(pairs)
    squares = math.fsum((pair.difference - mean) ** 2 for pair in pairs)
    return mean / math.sqrt(squares / (len(pairs) - 1)) if squares > 0 else None


def minimum_detectable(standard_error: float, groups: int, power: float = POWER) -> float:
    """Minimum detectable difference of a two-sided test at the 5 % level with this power."""
    freedom = groups - 1
    return (student_quantile(0.975, freedom) + student_quantile(power, freedom)) * standard_error


def power_to_find(gain: float, standard_error: float, groups: int) -> float:
    """Power of a two-sided test at the 5 % level for a true difference of `gain`."""
    if standard_error == 0:
        return 1.0 if gain else 0.05
    freedom = groups - 1
    return student_cdf(abs(gain) / standard_error - student_quantile(0.975, freedom), freedom)


@dataclass(frozen=True)
class McNemar:
    """Rows that exactly one model solves.

    Not `valid` if groups have several rows, because the exact test assumes independent rows.
    """

    only_base: int
    only_tuned: int
    p_value: float
    valid: bool


def mcnemar(pairs: Sequence[ScorePair], solved: float) -> McNemar:
    """McNemar's exact test; a row is solved at a score ≥ `solved`."""
    only_base = sum(pair.base >= solved > pair.tuned for pair in pairs)
    only_tuned = sum(pair.tuned >= solved > pair.base for pair in pairs)
    return McNemar(
        only_base=only_base,
        only_tuned=only_tuned,
        p_value=binomial_two_sided(only_base, only_base + only_tuned),
        valid=len({pair.group for pair in pairs}) == len(pairs),
    )


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjusted p-values (Holm 1979), which control the family-wise error rate."""
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    adjusted, least = [0.0] * len(p_values), 0.0
    for rank, at in enumerate(order):
        least = max(least, min(1.0, (len(p_values) - rank) * p_values[at]))
        adjusted[at] = least
    return adjusted


def _p_value(value: float, error: float, groups: int) -> float:
    if error == 0:
        return 1.0 if value == 0 else 0.0
    return student_two_sided(value / error, groups - 1)
