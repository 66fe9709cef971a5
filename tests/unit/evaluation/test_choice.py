"""Rows are chosen by whole groups, and by the seed alone."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from rft.evaluation.choice import spread_over_groups, whole_groups

GROUPS = st.lists(st.sampled_from([f"g{n}" for n in range(12)]), max_size=80)


@given(GROUPS, st.integers(1, 60), st.integers(0, 5))
def test_groups_are_whole_and_the_limit_holds(groups: list[str], limit: int, seed: int) -> None:
    chosen = whole_groups(groups, limit, seed)
    names = Counter(groups[number] for number in chosen)

    assert len(chosen) <= limit
    assert chosen == sorted(set(chosen))
    assert all(count == groups.count(name) for name, count in names.items())


@given(GROUPS, st.integers(1, 60))
def test_a_limit_above_the_row_count_selects_all_rows(groups: list[str], seed: int) -> None:
    assert whole_groups(groups, len(groups), seed) == list(range(len(groups)))


def test_a_seed_selects_the_same_rows_in_any_order() -> None:
    groups = [f"g{n // 3}" for n in range(60)]
    chosen = {groups[n] for n in whole_groups(groups, 20, 7)}
    turned = groups[::-1]

    assert {turned[n] for n in whole_groups(turned, 20, 7)} == chosen
    assert {groups[n] for n in whole_groups(groups, 20, 8)} != chosen


@given(GROUPS, st.integers(1, 60), st.integers(0, 5))
def test_no_group_has_a_second_row_before_each_has_one(groups: list[str], limit: int, seed: int) -> None:
    chosen = spread_over_groups(groups, limit, seed)
    counts = Counter(groups[number] for number in chosen)

    assert len(chosen) == min(limit, len(groups))
    if counts and max(counts.values()) > 1:
        assert set(counts) == set(groups)
