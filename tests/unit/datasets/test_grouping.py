from __future__ import annotations

from array import array
from collections import defaultdict

from hypothesis import given
from hypothesis import strategies as st

from rft.datasets.grouping import Grouping
from rft.datasets.render import group_number

GROUPS = st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 5), max_size=100).map(lambda groups: array("Q", groups))


def naive(groups: array[int]) -> dict[int, list[int]]:
    rows = defaultdict[int, list[int]](list)
    for number, group in enumerate(groups):
        rows[group].append(number)
    return rows


@given(GROUPS)
def test_each_groups_rows_are_together_in_file_order(groups: array[int]) -> None:
    rows = naive(groups)
    assert [list(each) for each in Grouping(groups)] == [rows[group] for group in sorted(rows)]
    assert len(Grouping(groups)) == len(rows)


@given(GROUPS)
def test_the_largest_group_comes_first_and_equal_ones_by_number(groups: array[int]) -> None:
    rows = naive(groups)
    expected = [rows[group] for group in sorted(rows, key=lambda group: (-len(rows[group]), group))]
    assert [list(each) for each in Grouping(groups).largest_first()] == expected


def test_many_groups_are_sorted_as_few_are() -> None:
    groups = array("Q", (group_number(str(row // 3), 42) for row in range(50_000)))
    rows = naive(groups)
    assert [list(each) for each in Grouping(groups)] == [rows[group] for group in sorted(rows)]
