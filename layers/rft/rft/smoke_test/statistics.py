"""The statistics of the smoke test in plain Python: its Lambda has no numpy. Pure."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from statistics import NormalDist, fmean
from typing import TypeVar

from rft.contracts.agreement import Interval

RESAMPLES, DRAWS = 2_000, 400_000
"""Resamples for up to 200 items; more items get fewer, since their intervals are narrower and each draw costs time."""

SEED = 20_26
"""Fixed, so that the same scores always give the same interval."""

_NORMAL = NormalDist()
_Z = _NORMAL.inv_cdf(0.975)

Pair = tuple[Hashable, Hashable]
"""Truth and prediction of one row."""

T = TypeVar("T")


def wilson(hits: int, n: int) -> Interval:
    """95 % interval of a rate (Wilson 1927), also valid at 0 of n, where it ends near 3.8 / n."""
    if n == 0:
        return 0.0, 1.0
    share, square = hits / n, _Z * _Z
    centre = (share + square / (2 * n)) / (1 + square / n)
    half = _Z / (1 + square / n) * math.sqrt(share * (1 - share) / n + square / (4 * n * n))
    return (0.0 if hits == 0 else centre - half), (1.0 if hits == n else centre + half)


def binomial_tail(hits: int, n: int, rate: float) -> float:
    """The probability of `hits` or more among `n` if the true rate is `rate`."""
    return math.fsum(math.comb(n, k) * rate**k * (1 - rate) ** (n - k) for k in range(hits, n + 1))


def chance_beyond(value: float, near: float, limit: float) -> float:
    """The probability that a true value at `limit` measures as far off as `value`, by the normal distribution.

    `near`: the end of the value's interval that is nearer to the limit. 0 if the interval has no width.
    """
    return 1 - _NORMAL.cdf(_Z * abs(value - limit) / abs(value - near)) if value != near else 0.0


def smallest_rate(n: int) -> float | None:
    """The rate that would have occurred at least once among `n` in 95 of 100 tests."""
    return 1 - 0.05 ** (1 / n) if n else None


def bootstrap(
    items: Sequence[T],
    statistic: Callable[[Sequence[T]], float | None],
    *,
    resamples: int | None = None,
    seed: int = SEED,
) -> Interval | None:
    """95 % interval of a statistic by resampling items; None if it is never defined.

    Expanded percentiles (Hesterberg 2015, "What Teachers Should Know About the Bootstrap"): plain percentiles are too
    narrow for few items. If all items are equal it has no width: interpret it with n.
    """
    rng = random.Random(seed)  # noqa: S311 reproducible interval, not security
    times = resamples or max(RESAMPLES // 4, min(RESAMPLES, DRAWS // max(1, len(items))))
    drawn = (statistic(rng.choices(items, k=len(items))) for _ in range(times)) if items else ()
    values = sorted(value for value in drawn if value is not None)
    if not values:
        return None
    tail = _expanded_tail(len(items))
    return quantile(values, tail), quantile(values, 1 - tail)


def deviation(values: Sequence[float]) -> float:
    # The population's, by plain sums: ten times as fast as the standard library.
    mean = sum(values) / len(values)
    return math.sqrt(sum((value - mean) ** 2 for value in values) / len(values))


def mean_interval(values: Sequence[float]) -> Interval | None:
    """95 % bootstrap interval of a mean."""
    return bootstrap(values, _mean)


def quantile(ordered: Sequence[float], share: float) -> float:
    """Quantile of values in ascending order, with linear interpolation (numpy's `linear`)."""
    at = share * (len(ordered) - 1)
    below = math.floor(at)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (at - below) * (ordered[above] - ordered[below])


def percentile(values: Sequence[float], share: float) -> float:
    """Nearest rank: the least value that `share` of all do not exceed (numpy's `inverted_cdf`)."""
    return sorted(values)[max(0, math.ceil(share * len(values) - 1e-9) - 1)]


def accuracy(pairs: Sequence[Pair]) -> float | None:
    """Share of rows whose prediction is the truth."""
    return sum(truth == guess for truth, guess in pairs) / len(pairs) if pairs else None


def cohen_kappa(pairs: Sequence[Pair]) -> float | None:
    """Agreement beyond chance (Cohen 1960), unweighted; None without rows, or if chance agreement is 1."""
    return _kappa(Counter(pairs), len(pairs))


def kappa_interval(pairs: Sequence[Pair], *, resamples: int | None = None, seed: int = SEED) -> Interval | None:
    """95 % bootstrap interval of kappa."""
    cells, n = list(dict.fromkeys(pairs)), len(pairs)
    kappa = cohen_kappa(pairs)
    if kappa is not None and all(truth == guess for truth, guess in cells):
        # Resampling would show no uncertainty: the low end is that of the share of agreement (Wilson) at this chance
        # agreement.
        chance = sum(count * count for count in Counter(pairs).values()) / n**2
        return (wilson(n, n)[0] - chance) / (1 - chance), 1.0
    numbers = [cells.index(pair) for pair in pairs]  # counting indices is three times as fast as counting pairs

    def of(drawn: Sequence[int]) -> float | None:
        return _kappa({cells[number]: count for number, count in Counter(drawn).items()}, n)

    return bootstrap(numbers, of, resamples=resamples, seed=seed)


def _kappa(cells: Mapping[Pair, int], n: int) -> float | None:
    truths: dict[Hashable, int] = {}
    guesses: dict[Hashable, int] = {}
    agreed = 0
    for (truth, guess), count in cells.items():
        truths[truth] = truths.get(truth, 0) + count
        guesses[guess] = guesses.get(guess, 0) + count
        agreed += count * (truth == guess)
    chance = sum(count * guesses.get(label, 0) for label, count in truths.items())
    return None if chance == n * n else (agreed * n - chance) / (n * n - chance)


def macro(pairs: Sequence[Pair], labels: Sequence[Hashable]) -> tuple[float, float, float] | None:
    """Precision, recall and F1, each the mean over labels; a division by zero counts as 0. None without labels."""
    if not labels:
        return None
    each = [_of_label(pairs, label) for label in labels]
    return fmean(p for p, _, _ in each), fmean(r for _, r, _ in each), fmean(f for _, _, f in each)


def _of_label(pairs: Sequence[Pair], label: Hashable) -> tuple[float, float, float]:
    hits = sum(truth == guess == label for truth, guess in pairs)
    guessed = sum(guess == label for _, guess in pairs)
    true = sum(truth == label for truth, _ in pairs)
    return _ratio(hits, guessed), _ratio(hits, true), _ratio(2 * hits, guessed + true)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _expanded_tail(n: int) -> float:
    """The percentile that replaces 2.5 %: that of Student's t, widened by n / (n - 1)."""
    if n < 2:
        return 0.0
    return _NORMAL.cdf(-_student(n - 1) * math.sqrt(n / (n - 1)))


def _student(freedom: int) -> float:
    """Student's 97.5 % quantile by Cornish-Fisher expansion (Abramowitz and Stegun 26.7.5).

    Accurate to 1 % from 4 on.
    """
    z, v = _Z, freedom
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return z + math.fsum(term / float(v**power) for power, term in enumerate(terms, 1))
