from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rft.smoke_test.score_agreement import ranks, score_agreement, spearman

SCORES = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=2, max_size=20)


def test_equal_values_share_the_mean_of_their_ranks() -> None:
    assert ranks([3, 1, 3, 2]) == [3.5, 1, 3.5, 2]


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([(1, 10), (2, 20), (3, 30)], 1),
        ([(1, 30), (2, 20), (3, 10)], -1),
        ([(1, 2), (2, 1), (3, 4), (4, 3)], 0.6),
        ([(1, 5), (2, 5)], None),
    ],
)
def test_rank_correlation(pairs: list[tuple[float, float]], expected: float | None) -> None:
    found = spearman(pairs)
    assert found == expected or (expected is not None and found is not None and math.isclose(found, expected))


@settings(max_examples=50, deadline=None)
@given(SCORES)
def test_scales_do_not_matter_and_intervals_contain_their_values(pairs: list[tuple[int, int]]) -> None:
    found = score_agreement(pairs)
    other = score_agreement([(hand, 10 * grader - 3) for hand, grader in pairs])
    assert found.spearman == other.spearman
    assert [each.kappa for each in found.thresholds] == [each.kappa for each in other.thresholds]
    for value, interval in [(each.kappa, each.kappa_interval) for each in found.thresholds]:
        assert value is None or interval is None or -1 <= interval[0] <= interval[1] <= 1
