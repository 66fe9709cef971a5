"""Student's t and the exact binomial test in plain Python, because the layer does not include scipy. Pure."""

from __future__ import annotations

import math
from functools import lru_cache

_TINY = 1e-300
_PRECISION = 1e-16
_MAX_TERMS = 500


def student_cdf(t: float, freedom: float) -> float:
    """P(T ≤ t) of Student's t with `freedom` degrees."""
    if t * t < freedom:  # computed from the centre: the tail would lose digits to rounding
        middle = incomplete_beta(t * t / (freedom + t * t), 0.5, freedom / 2) / 2
        return 0.5 + math.copysign(middle, t)
    tail = student_two_sided(t, freedom) / 2
    return 1 - tail if t > 0 else tail


def student_two_sided(t: float, freedom: float) -> float:
    """P(|T| ≥ |t|): the p-value of a t statistic."""
    if t * t < freedom:
        return 1 - incomplete_beta(t * t / (freedom + t * t), 0.5, freedom / 2)
    return incomplete_beta(freedom / (freedom + t * t), freedom / 2, 0.5)


@lru_cache(maxsize=1024)
def student_quantile(share: float, freedom: float) -> float:
    """Inverse of `student_cdf` for 0 < share < 1, by bisection to floating-point precision."""
    if share < 0.5:
        return -student_quantile(1 - share, freedom)
    low, high = 0.0, 1.0
    while student_cdf(high, freedom) < share:
        low, high = high, high * 2
    for _ in range(200):
        middle = (low + high) / 2
        if middle in {low, high}:
            break
        low, high = (middle, high) if student_cdf(middle, freedom) < share else (low, middle)
    return (low + high) / 2


def binomial_two_sided(hits: int, n: int) -> float:
    """Exact two-sided p-value of `hits` in `n` fair tosses: twice the smaller tail, capped at 1."""
    smaller = min(hits, n - hits)
    tail = sum(math.comb(n, k) for k in range(smaller + 1))
    return min(1.0, 2 * tail / (1 << n))


def incomplete_beta(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function I_x(a, b) (Numerical Recipes, 6.4)."""
    if x <= 0 or x >= 1:
        return 0.0 if x <= 0 else 1.0
    scale = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    if x < (a + 1) / (a + b + 2):
        return math.exp(scale) * _fraction(x, a, b) / a
    return 1 - math.exp(scale) * _fraction(1 - x, b, a) / b


def _fraction(x: float, a: float, b: float) -> float:
    """The continued fraction of the incomplete beta function by Lentz's method."""
    c, d = 1.0, 1 / _away_from_zero(1 - (a + b) * x / (a + 1))
    total = d
    for m in range(1, _MAX_TERMS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            d = 1 / _away_from_zero(1 + term * d)
            c = _away_from_zero(1 + term / c)
            total *= c * d
        if abs(c * d - 1) < _PRECISION:
            break
    return total


def _away_from_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
