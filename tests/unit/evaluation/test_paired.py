"""The paired difference against scipy and numpy, and its interval and verdict against the truth in simulations.

Simulations draw with numpy and multiply by the engine's own resamples at once; one test holds that to the engine.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from rft.evaluation.paired import (
    SEED,
    ScorePair,
    clustered_interval,
    effect_size,
    expanded_tail,
    group_totals,
    holm,
    mcnemar,
    minimum_detectable,
    paired_difference,
    power_to_find,
    resampled,
)
from rft.evaluation.verdict import groups_to_show, planned_detectable, verdict

Floats = NDArray[np.float64]
RESAMPLES = 1_000


def pairs(base: Any, tuned: Any, groups: Any | None = None) -> list[ScorePair]:
    names = range(len(base)) if groups is None else groups
    return [
        ScorePair(f"row-{n}", f"g{g:04d}", float(b), float(t))
        for n, (b, t, g) in enumerate(zip(base, tuned, names, strict=True))
    ]


def draws(seed: int, groups: int, *, gain: float = 0.0, rows: int = 4) -> tuple[Floats, Floats, Floats]:
    """Rows of unequal groups that are right or wrong; rows of a group share most of their difficulty."""
    rng = np.random.default_rng(seed)
    names = np.repeat(np.arange(groups), rng.integers(1, 2 * rows, groups))
    hardness = rng.uniform(0.1, 0.9, groups)[names]
    base = (rng.uniform(size=len(names)) < hardness).astype(float)
    tuned = (rng.uniform(size=len(names)) < np.clip(hardness + gain, 0, 1)).astype(float)
    return base, tuned, names.astype(float)


# ---- equal to others ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(20))
def test_independent_rows_match_scipys_paired_t_test(seed: int) -> None:
    rng = np.random.default_rng(seed)
    base, tuned = rng.uniform(size=40), rng.uniform(size=40)
    difference = paired_difference(pairs(base, tuned), resamples=50)
    theirs = stats.ttest_rel(tuned, base)

    assert difference.value == pytest.approx(float(np.mean(tuned - base)), abs=1e-12)
    assert difference.p_value == pytest.approx(theirs.pvalue, abs=1e-9)
    assert difference.standard_error == pytest.approx(stats.sem(tuned - base), abs=1e-9)


@pytest.mark.parametrize("seed", range(20))
def test_clustered_error_matches_the_least_squares_sandwich_estimator(seed: int) -> None:
    base, tuned, names = draws(seed, 17)
    gaps, ones = tuned - base, np.ones((len(base), 1))
    residuals = gaps - gaps.mean()
    bread = np.linalg.inv(ones.T @ ones)
    meat = sum(np.outer(v, v) for v in (ones[names == g].T @ residuals[names == g] for g in set(names)))
    sandwich = 17 / 16 * (bread @ meat @ bread)[0, 0]

    difference = paired_difference(pairs(base, tuned, names.astype(int)), resamples=50)

    assert difference.groups == 17
    assert difference.standard_error == pytest.approx(float(np.sqrt(sandwich)), abs=1e-9)


def test_mcnemar_matches_scipys_binomial_test() -> None:
    base, tuned, _ = draws(5, 200, gain=0.2, rows=1)
    found = mcnemar(pairs(base, tuned), solved=0.5)

    assert (found.only_base, found.only_tuned) == (int((base > tuned).sum()), int((tuned > base).sum()))
    expected = stats.binomtest(found.only_base, found.only_base + found.only_tuned).pvalue
    assert found.p_value == pytest.approx(expected, abs=1e-9)
    assert found.valid


def test_mcnemar_is_marked_invalid_where_a_group_has_several_rows() -> None:
    assert not mcnemar(pairs([0, 1, 0], [1, 1, 1], [1, 1, 2]), solved=0.5).valid


def test_effect_size_matches_the_mean_over_numpys_deviation() -> None:
    base, tuned, _ = draws(3, 60, gain=0.1)
    gaps = tuned - base

    assert effect_size(pairs(base, tuned)) == pytest.approx(gaps.mean() / gaps.std(ddof=1), abs=1e-9)
    assert effect_size(pairs([0.2, 0.4], [0.2, 0.4])) is None


def test_minimum_detectable_difference_has_the_power_that_it_claims() -> None:
    smallest = minimum_detectable(0.02, 50)

    assert smallest == pytest.approx(0.02 * (stats.t.ppf(0.975, 49) + stats.t.ppf(0.8, 49)), abs=1e-9)
    assert power_to_find(smallest, 0.02, 50) == pytest.approx(0.8, abs=1e-9)
    assert power_to_find(-smallest, 0.02, 50) == pytest.approx(0.8, abs=1e-9)


@pytest.mark.parametrize("seed", range(10))
def test_holm_adjusts_by_its_definition(seed: int) -> None:
    values = [float(p) for p in np.random.default_rng(seed).uniform(0, 0.2, 9)]
    ordered = sorted(values)
    steps = [min(1.0, (len(values) - k) * p) for k, p in enumerate(ordered)]

    assert holm(values) == pytest.approx([max(steps[: ordered.index(p) + 1]) for p in values], abs=1e-12)


def test_holm_of_an_empty_list_is_empty() -> None:
    assert holm([]) == []


# ---- edges --------------------------------------------------------------------------------------------------------


def test_one_group_has_no_interval() -> None:
    difference = paired_difference(pairs([0, 0], [1, 1], [1, 1]))

    assert (difference.interval, difference.standard_error, difference.p_value) == (None, None, None)
    assert verdict(difference) == "underpowered"


def test_no_rows_are_refused() -> None:
    with pytest.raises(ValueError, match="no rows"):
        paired_difference([])


@pytest.mark.parametrize(("gap", "expected"), [(0.3, "better"), (-0.3, "worse"), (0.0, "no_difference_shown")])
def test_a_constant_difference_is_certain(gap: float, expected: str) -> None:
    base = np.full(20, 0.5)

    assert verdict(paired_difference(pairs(base, base + gap))) == expected


def test_few_groups_are_inconclusive_even_for_a_clear_difference() -> None:
    assert verdict(paired_difference(pairs(np.zeros(9), np.ones(9)))) == "underpowered"


def test_minimum_gain_requires_a_gain_or_tolerates_a_loss() -> None:
    rng = np.random.default_rng(1)
    base = rng.uniform(0.3, 0.6, 400)
    up, down = (paired_difference(pairs(base, base + rng.normal(gain, 0.02, 400))) for gain in (0.05, -0.01))

    assert [verdict(up, gain) for gain in (0.0, 0.04, 0.06)] == ["better", "better", "no_difference_shown"]
    assert [verdict(down, gain) for gain in (0.0, -0.03, -0.005)] == ["worse", "better", "worse"]


def test_a_split_that_cannot_show_five_points_is_underpowered() -> None:
    base, tuned, names = draws(1, 20)

    assert verdict(paired_difference(pairs(base, tuned, names.astype(int)))) == "underpowered"


def test_row_order_changes_nothing() -> None:
    base, tuned, names = draws(2, 30)
    found = pairs(base, tuned, names.astype(int))

    assert paired_difference(found).interval == paired_difference(found[::-1]).interval


def test_planning_gives_the_groups_needed_to_detect_five_points() -> None:
    needed = groups_to_show(0.05)

    assert (planned_detectable(needed) or 1) <= 0.05 < (planned_detectable(needed - 1) or 1)
    assert planned_detectable(1) is None


# ---- simulations --------------------------------------------------------------------------------------------------


@cache
def weights(groups: int) -> Floats:
    """How often each resample of the engine draws each group."""
    counted = [np.bincount(drawn, minlength=groups) for drawn in resampled(groups, RESAMPLES, SEED)]
    return np.array(counted, dtype=float)


def intervals(sums: Floats, sizes: Floats) -> tuple[Floats, Floats]:
    """The engine's intervals of many simulations at once; arrays have one row for each simulation."""
    drawn = weights(sums.shape[1])
    means = (drawn @ sums.T) / (drawn @ sizes.T)
    tail = expanded_tail(sums.shape[1])
    low, high = np.quantile(means, [tail, 1 - tail], axis=0)
    return low, high


def simulated(groups: int, *, gain: float, times: int, rows: int = 4) -> tuple[Floats, Floats]:
    """Each simulation's summed difference and rows by group."""
    sums, sizes = np.zeros((times, groups)), np.zeros((times, groups))
    for at in range(times):
        base, tuned, names = draws(1000 + at, groups, gain=gain, rows=rows)
        sums[at] = np.bincount(names.astype(int), weights=tuned - base, minlength=groups)
        sizes[at] = np.bincount(names.astype(int), minlength=groups)
    return sums, sizes


def test_simulations_use_the_engines_interval() -> None:
    sums, sizes = simulated(30, gain=0.1, times=3)
    low, high = intervals(sums, sizes)
    for at in range(3):
        totals = [(float(s), int(n)) for s, n in zip(sums[at], sizes[at], strict=True)]
        assert clustered_interval(totals, resamples=RESAMPLES) == pytest.approx((low[at], high[at]), abs=1e-12)


def test_group_totals_match_the_simulations() -> None:
    base, tuned, names = draws(1000, 30, gain=0.1)
    sums, sizes = simulated(30, gain=0.1, times=1)
    totals = group_totals(pairs(base, tuned, names.astype(int)))

    assert totals == [(float(s), int(n)) for s, n in zip(sums[0], sizes[0], strict=True)]


@pytest.mark.parametrize("groups", [17, 50, 200])
def test_the_interval_covers_the_truth_95_times_in_100(groups: int) -> None:
    times = 2_000
    sums, sizes = simulated(groups, gain=0.0, times=times)
    low, high = intervals(sums, sizes)
    covered = float(np.mean((low <= 0) & (high >= 0)))

    assert 0.93 <= covered <= 0.97


def test_the_same_policy_is_rarely_called_better() -> None:
    times = 400
    sums, sizes = simulated(60, gain=0.0, times=times)
    low, _ = intervals(sums, sizes)
    better = int(np.sum(low > 0))

    assert better <= stats.binom.ppf(0.999, times, 0.05)


def test_a_gain_is_detected_at_the_rate_of_its_power() -> None:
    times, groups = 400, 260
    sums, sizes = simulated(groups, gain=0.1, times=times)
    true_gain = float(sums.sum() / sizes.sum())
    centred = sums - sizes * (sums.sum(1) / sizes.sum(1))[:, None]
    errors = np.sqrt(groups / (groups - 1) * (centred**2).sum(1)) / sizes.sum(1)
    power = power_to_find(true_gain, float(np.sqrt(np.mean(errors**2))), groups)
    low, _ = intervals(sums, sizes)

    assert power >= 0.9
    assert float(np.mean(low > 0)) >= 0.9
