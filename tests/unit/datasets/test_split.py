from __future__ import annotations

import random
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft.contracts.run_request import Split
from rft.datasets.render import group_number
from rft.datasets.split import Plan, plan_split

GROUPS = st.lists(st.integers(0, 30), max_size=200)


def split_rows(groups: list[int], labels: list[int] | None = None, **split: object) -> Plan:
    """`groups` and `labels` by row; a group's content is its number."""
    parsed = Split.model_validate(split)
    digests = [group_number(str(group), parsed.seed) for group in groups]
    return plan_split(parsed, groups=digests, labels=labels or [0] * len(groups))


@given(GROUPS, st.integers(0, 2**32 - 1), st.sampled_from([(0.8, 0.1, 0.1), (0.9, 0.1, 0.0), (0.34, 0.33, 0.33)]))
def test_a_grouped_split_uses_each_row_once_and_no_group_twice(
    groups: list[int], seed: int, shares: tuple[float, float, float]
) -> None:
    plan = split_rows(groups, seed=seed, train=shares[0], validation=shares[1], test=shares[2])
    assert sorted(plan["train"] + plan["validation"] + plan["test"]) == list(range(len(groups)))
    owned = [{groups[row] for row in rows} for rows in plan.values()]
    assert sum(map(len, owned)) == len(set(groups))
    assert shares[2] > 0 or not plan["test"]


@given(GROUPS, st.integers(0, 2**32 - 1))
def test_a_random_split_is_pythons_seeded_shuffle_cut_in_three(groups: list[int], seed: int) -> None:
    plan = split_rows(groups, strategy="random", seed=seed)
    order = list(range(len(groups)))
    random.Random(seed).shuffle(order)
    train, validation = int(len(groups) * 0.8), int(len(groups) * 0.1)
    assert list(plan["train"]) == order[:train]
    assert list(plan["validation"]) == order[train : train + validation]
    assert list(plan["test"]) == order[train + validation :]


@given(st.lists(st.integers(1, 12), min_size=60, max_size=200), st.integers(0, 2**32 - 1))
def test_a_grouped_split_of_many_groups_hits_its_shares(sizes: list[int], seed: int) -> None:
    groups = [group for group, size in enumerate(sizes) for _ in range(size)]
    plan = split_rows(groups, seed=seed)
    for name, share in {"train": 0.8, "validation": 0.1, "test": 0.1}.items():
        assert abs(len(plan[name]) / len(groups) - share) <= 0.03  # type: ignore[index]


@pytest.mark.parametrize("seed", range(20))
def test_a_grouped_split_keeps_the_mix_of_labels(seed: int) -> None:
    chance = random.Random(seed)
    groups = [chance.randrange(150) for _ in range(900)]
    labels = chance.choices([0, 1, 2], weights=[5, 4, 1], k=900)
    for numbers in split_rows(groups, labels, seed=seed).values():
        mix = Counter(labels[number] for number in numbers)
        assert mix[0] / len(numbers) == pytest.approx(0.5, abs=0.08)
        assert mix[2] / len(numbers) == pytest.approx(0.1, abs=0.05)


def test_the_seed_decides_and_nothing_else() -> None:
    groups = [row // 3 for row in range(300)]
    assert split_rows(groups, seed=7) == split_rows(groups, seed=7)
    assert set(split_rows(groups, seed=7)["test"]) != set(split_rows(groups, seed=8)["test"])


def test_where_a_group_goes_does_not_depend_on_the_order_of_records() -> None:
    groups = [row // 3 for row in range(300)]
    backwards = groups[::-1]
    held_out = {groups[row] for row in split_rows(groups)["test"]}
    assert {backwards[row] for row in split_rows(backwards)["test"]} == held_out


def test_rows_of_a_group_do_not_stay_side_by_side() -> None:
    groups = [row // 10 for row in range(1000)]
    train = split_rows(groups)["train"]
    neighbours = sum(groups[a] == groups[b] for a, b in pairwise(train))
    assert neighbours < len(train) * 0.1


def test_one_group_is_all_training() -> None:
    assert {name: len(rows) for name, rows in split_rows([0] * 50).items()} == {"train": 50, "validation": 0, "test": 0}
