"""The smoke test's bootstrap, vectorised with numpy: the same draws and intervals, many times faster.

The product's Lambda layer does not contain numpy. Simulations of thousands of smoke tests use this instead.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from typing import Any
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray

from rft.contracts.agreement import Interval
from rft.smoke_test import agreement, statistics
from rft.smoke_test.checks import annotators, discrimination
from rft.smoke_test.statistics import DRAWS, RESAMPLES, SEED, Pair

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]


@contextmanager
def array_statistics() -> Iterator[None]:
    """Patch the checks to use the vectorised bootstrap."""
    plain = statistics.kappa_interval
    with ExitStack() as stack:
        stack.enter_context(patch.object(statistics, "bootstrap", _bootstrap))
        stack.enter_context(patch.object(discrimination, "bootstrap", _bootstrap))
        stack.enter_context(patch.object(annotators, "bootstrap", _kappa_difference))
        stack.enter_context(patch.object(agreement, "kappa_interval", _kappa_interval(plain)))
        yield


@lru_cache(maxsize=64)
def draws(n: int, times: int, seed: int) -> NDArray[np.int32]:
    """Return `times` resamples of n indexes, identical to those of `random.Random(seed).choices`."""
    state = random.Random(seed).getstate()[1]
    twister = np.random.RandomState()
    twister.set_state(("MT19937", np.array(state[:-1], dtype=np.uint32), state[-1], 0, 0.0))
    return np.floor(twister.random_sample((times, n)) * n).astype(np.int32)


def _bootstrap(
    items: Sequence[Any], statistic: Callable[..., float | None], *, resamples: int | None = None, seed: int = SEED
) -> Interval | None:
    """Bootstrap of means and standard deviations, the only statistics that checks use besides kappa."""
    if not items:
        return None
    drawn: Floats = np.asarray(items, dtype=float)[draws(len(items), resamples or _times(len(items)), seed)]
    of: dict[Callable[..., float | None], Callable[[], Floats]] = {
        statistics._mean: lambda: drawn.mean(axis=1),
        statistics.deviation: lambda: drawn.std(axis=1),
    }
    return _interval(of[statistic](), len(items))


def _kappa_interval(plain: Callable[[Sequence[Pair]], Interval | None]) -> Callable[[Sequence[Pair]], Interval | None]:
    def interval(pairs: Sequence[Pair]) -> Interval | None:
        if len({*pairs}) < 2 or all(truth == guess for truth, guess in pairs):
            return plain(pairs)  # kappa on few cells, or Wilson's interval, which needs no resampling
        chosen = draws(len(pairs), _times(len(pairs)), SEED)
        values = _kappas(_codes([truth for truth, _ in pairs], [guess for _, guess in pairs]), chosen)
        return _interval(values[~np.isnan(values)], len(pairs))

    return interval


def _kappa_difference(
    rows: Sequence[tuple[str, str | None, str | None]], _statistic: object, *, resamples: int
) -> Interval | None:
    """Difference between the kappas of the grader and of longer-wins, against human labels, on the same resamples."""
    truths, own, length = (list(column) for column in zip(*rows, strict=True))
    chosen = draws(len(rows), resamples, SEED)
    values = _kappas(_codes(truths, own), chosen) - _kappas(_codes(truths, length), chosen)
    return _interval(values[~np.isnan(values)], len(rows))


def _codes(truths: Sequence[object], guesses: Sequence[object]) -> tuple[Codes, Codes, int]:
    labels = list(dict.fromkeys([*truths, *guesses]))
    one, other = (np.array([labels.index(value) for value in column], dtype=np.intp) for column in (truths, guesses))
    return one, other, len(labels)


def _kappas(codes: tuple[Codes, Codes, int], chosen: NDArray[np.int32]) -> Floats:
    """Return Cohen's kappa of each resample; NaN if the expected agreement is 1."""
    truth, guess, labels = codes
    times, n = chosen.shape
    cells = (truth * labels + guess)[chosen] + np.arange(times)[:, None] * labels**2
    counts = np.bincount(cells.ravel(), minlength=times * labels**2).reshape(times, labels, labels)
    agreed = counts.trace(axis1=1, axis2=2)
    chance = (counts.sum(axis=1) * counts.sum(axis=2)).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(chance == n * n, np.nan, (agreed * n - chance) / (n * n - chance))


def _interval(values: Floats, n: int) -> Interval | None:
    if not len(values):
        return None
    tail = statistics._expanded_tail(n)
    low, high = np.quantile(values, [tail, 1 - tail])
    return float(low), float(high)


def _times(n: int) -> int:
    return max(RESAMPLES // 4, min(RESAMPLES, DRAWS // max(1, n)))
