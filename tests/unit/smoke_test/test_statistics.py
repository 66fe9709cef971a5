"""Each statistic against scikit-learn, scipy or numpy on random data, and each interval against the truth."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from statistics import fmean

import numpy as np
import pytest
from scipy.stats import binomtest, t
from sklearn.metrics import accuracy_score, cohen_kappa_score, precision_recall_fscore_support

from rft.smoke_test import statistics
from rft.smoke_test.statistics import Pair, bootstrap, cohen_kappa, kappa_interval, macro, mean_interval, wilson

SIMULATED = 2_000
LABELS = ("Response 1", "Response 2", "Tie")


def verdicts(rng: random.Random, n: int, kappa: float) -> list[Pair]:
    """Rows whose kappa is, over infinitely many, the one given: some copied from the truth, the rest drawn anew."""
    truths = rng.choices(LABELS, (422, 472, 105), k=n)
    return [(truth, truth if rng.random() < kappa else rng.choices(LABELS, (422, 472, 105))[0]) for truth in truths]


@pytest.mark.parametrize("seed", range(50))
def test_agreement_matches_scikit_learn(seed: int) -> None:
    rng = random.Random(seed)
    pairs = verdicts(rng, rng.randint(5, 300), rng.random())
    truth, guess = zip(*pairs, strict=True)
    labels = [label for label in LABELS if label in truth or label in guess]
    means = precision_recall_fscore_support(truth, guess, average="macro", labels=labels, zero_division=0)

    assert statistics.accuracy(pairs) == pytest.approx(accuracy_score(truth, guess), abs=1e-9)
    assert cohen_kappa(pairs) == pytest.approx(cohen_kappa_score(truth, guess), abs=1e-9)
    assert macro(pairs, labels) == pytest.approx(means[:3], abs=1e-9)


def test_the_standard_deviation_matches_numpy() -> None:
    values = [random.Random(n).random() for n in range(60)]

    assert statistics.deviation(values) == pytest.approx(float(np.std(values)), abs=1e-9)


@pytest.mark.parametrize("n", [1, 7, 40, 1000])
def test_wilsons_interval_matches_scipy(n: int) -> None:
    for hits in {0, 1, n // 3, n // 2, n - 1, n}:
        theirs = binomtest(hits, n).proportion_ci(method="wilson")

        assert wilson(hits, n) == pytest.approx((theirs.low, theirs.high), abs=1e-9)


def test_quantiles_and_percentiles_match_numpy() -> None:
    rng = random.Random(1)
    for n in (1, 2, 12, 20, 301):
        values = [rng.gauss(0, 1) for _ in range(n)]
        for share in (0.0, 0.025, 0.5, 0.95, 1.0):
            linear, nearest = (float(np.quantile(values, share, method=m)) for m in ("linear", "inverted_cdf"))

            assert statistics.quantile(sorted(values), share) == pytest.approx(linear, abs=1e-9)
            assert statistics.percentile(values, share) == nearest


def test_statistics_of_no_values_are_undefined() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    of_nothing: list[object] = [statistics.accuracy([]), cohen_kappa([]), macro([], [])]
    of_nothing += [mean_interval([]), kappa_interval([])]
    assert of_nothing == [None] * 5


def test_kappa_is_undefined_where_chance_alone_explains_everything() -> None:
    assert cohen_kappa([("Tie", "Tie")] * 9) is None
    assert kappa_interval([("Tie", "Tie")] * 9) is None


def test_an_interval_is_the_same_every_time_and_another_with_another_seed() -> None:
    rng = random.Random(3)
    values = [rng.random() for _ in range(40)]

    assert bootstrap(values, fmean) == bootstrap(values, fmean)
    assert bootstrap(values, fmean) != bootstrap(values, fmean, seed=1)


def test_unanimous_rows_still_give_kappa_a_wide_interval() -> None:
    few, many = (kappa_interval([("Response 1", "Response 1"), ("Tie", "Tie")] * n) for n in (10, 500))

    assert few is not None
    assert many is not None
    assert few[0] < 0.75
    assert 0.99 < many[0] < many[1] == 1.0


def test_a_bootstrap_of_few_values_is_at_least_as_wide_as_students() -> None:
    rng = random.Random(5)
    widths = []
    for n in (10, 20, 40):
        values = [rng.gauss(0, 1) for _ in range(n)]
        interval = bootstrap(values, fmean, resamples=20_000)
        assert interval is not None
        student = 2 * t.ppf(0.975, n - 1) * np.std(values, ddof=1) / np.sqrt(n)
        widths.append((interval[1] - interval[0]) / student)

    assert widths == pytest.approx([1, 1, 1], abs=0.05)


def covered(simulate: Callable[[random.Random], bool]) -> float:
    rng = random.Random(2026)
    return sum(simulate(rng) for _ in range(SIMULATED)) / SIMULATED


@pytest.mark.parametrize(("n", "rate"), [(40, 0.1), (40, 0.3), (100, 0.05), (100, 0.35), (200, 0.5)])
def test_wilsons_interval_holds_the_true_rate_95_times_in_100(n: int, rate: float) -> None:
    def simulate(rng: random.Random) -> bool:
        low, high = wilson(sum(rng.random() < rate for _ in range(n)), n)
        return low <= rate <= high

    assert 0.93 <= covered(simulate) <= 0.97


@pytest.mark.parametrize(("n", "kappa"), [(40, 0.5), (60, 0.3)])
def test_kappas_interval_holds_the_true_kappa_95_times_in_100(n: int, kappa: float) -> None:
    def simulate(rng: random.Random) -> bool:
        interval = kappa_interval(verdicts(rng, n, kappa), resamples=300, seed=rng.getrandbits(32))
        return interval is not None and interval[0] <= kappa <= interval[1]

    assert 0.93 <= covered(simulate) <= 0.97


@pytest.mark.parametrize("draw", [lambda rng: rng.betavariate(5, 2), lambda rng: rng.gauss(5 / 7, 0.2)])
def test_a_means_interval_holds_the_true_mean_95_times_in_100(draw: Callable[[random.Random], float]) -> None:
    def simulate(rng: random.Random) -> bool:
        values: Sequence[float] = [draw(rng) for _ in range(40)]
        interval = bootstrap(values, fmean, resamples=300, seed=rng.getrandbits(32))
        return interval is not None and interval[0] <= 5 / 7 <= interval[1]

    assert 0.93 <= covered(simulate) <= 0.97
