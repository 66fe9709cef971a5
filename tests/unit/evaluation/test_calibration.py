"""Twelve difficulties by construction, and intervals against the truth."""

from __future__ import annotations

import random

import pytest
from scipy import stats

from rft.contracts.calibration import Difficulty
from rft.evaluation.calibration import (
    Sampled,
    correlation,
    difficulties,
    expected_untied,
    recommended_samples,
    tied_share,
)


def binary(chances: list[float], *, samples: int = 4, seed: int = 1) -> list[Sampled]:
    """Rows whose answers are right with the chances given."""
    rng = random.Random(seed)
    return [
        Sampled(f"row-{n}", tuple(float(rng.random() < chance) for _ in range(samples)))
        for n, chance in enumerate(chances)
    ]


def graded(low: float, high: float, *, rows: int = 64, seed: int = 1) -> list[Sampled]:
    """Rows whose scores are anywhere between two values."""
    rng = random.Random(seed)
    return [Sampled(f"row-{n}", tuple(rng.uniform(low, high) for _ in range(4))) for n in range(rows)]


CONSTRUCTED: dict[str, tuple[list[Sampled], Difficulty]] = {
    "coin flips": (binary([0.5] * 64), "learnable"),
    "easy": (binary([0.85] * 64), "learnable"),
    "hard": (binary([0.15] * 64), "learnable"),
    "half always, a quarter never, a quarter open": (
        binary([1.0] * 32 + [0.0] * 16 + [0.5] * 16),
        "learnable",
    ),
    "a seventh open, the rest never": (binary([0.0] * 54 + [0.5] * 10), "learnable"),
    "partial credit on answers that are never right": (graded(0.0, 0.45), "learnable"),
    "partial credit on answers that are always right": (graded(0.55, 1.0), "learnable"),
    "never right": (binary([0.0] * 64), "hopeless"),
    "never right but once": (binary([0.0] * 63 + [0.5]), "hopeless"),
    "always right": (binary([1.0] * 64), "mostly_solved"),
    "always right but twice": (binary([1.0] * 62 + [0.5] * 2), "mostly_solved"),
    "always or never, nothing between": (binary([1.0] * 32 + [0.0] * 32), "undecided"),
}


@pytest.mark.parametrize("name", CONSTRUCTED)
def test_a_known_difficulty_is_estimated_correctly(name: str) -> None:
    rows, expected = CONSTRUCTED[name]

    assert difficulties(rows).difficulty == expected


def test_without_rows_nothing_is_decided() -> None:
    assert difficulties([]).difficulty == "undecided"


def test_shares_divide_the_rows() -> None:
    found = difficulties([*binary([1.0] * 5 + [0.0] * 7), Sampled("open", (1.0, 0.0)), Sampled("alone", (1.0,))])

    assert (found.always_right.hits, found.never_right.hits, found.between.hits) == (5, 7, 1)
    assert {share.n for share in (found.always_right, found.tied, found.signal)} == {13}
    assert found.tied.hits == 12


@pytest.mark.parametrize(("chance", "warned"), [(0.1, True), (0.5, False), (0.95, True)])
def test_a_mean_outside_two_to_eight_tenths_is_a_warning(chance: float, warned: bool) -> None:
    assert bool(difficulties(binary([chance] * 64)).warnings) is warned


def test_the_interval_of_the_flat_share_covers_the_truth_95_times_in_100() -> None:
    times, chances = 1_000, [0.1, 0.3, 0.6, 0.9]
    truth = sum(p**4 + (1 - p) ** 4 for p in chances) / len(chances)
    rng = random.Random(7)
    covered = 0
    for _ in range(times):
        rows = binary([rng.choice(chances) for _ in range(64)], seed=rng.randrange(2**32))
        low, high = tied_share([row.scores for row in rows]).interval
        covered += low <= truth <= high

    assert covered >= stats.binom.ppf(0.001, times, 0.95)


def test_more_samples_leave_fewer_groups_tied() -> None:
    rows = binary([0.1] * 64)
    shares = [expected_untied(rows, samples) or 0 for samples in (2, 4, 8, 16)]

    assert shares == sorted(shares)
    assert recommended_samples(rows) in {4, 8, 16}
    assert recommended_samples(binary([0.5] * 64)) == 4
    assert recommended_samples([]) is None


def test_correlation_matches_scipy() -> None:
    rng = random.Random(3)
    xs, ys = [rng.random() for _ in range(50)], [rng.random() for _ in range(50)]

    assert correlation(xs, ys) == pytest.approx(stats.pearsonr(xs, ys).statistic, abs=1e-9)
    assert correlation(xs, [1.0] * 50) is None
