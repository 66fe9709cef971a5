from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from rft.smoke_test.sampling import Candidate, Use, choose, sizes


def candidates(labels: str, use: Use = Use.DIRECTION) -> list[Candidate]:
    return [Candidate(label=label, use=use) for label in labels]


@given(st.integers(10, 1000))
def test_sizes_add_up_and_leave_no_split_under_five(sample_size: int) -> None:
    counts = sizes(sample_size)

    assert sum(counts.values()) == sample_size
    assert min(counts.values()) >= 5


def test_the_default_of_40_rows_is_32_and_8() -> None:
    assert sizes(40) == {"train": 32, "validation": 8}


@given(st.text("abc", max_size=200), st.integers(0, 60), st.integers())
def test_a_sample_is_repeatable_without_replacement_and_full_size(labels: str, size: int, seed: int) -> None:
    population = candidates(labels)

    chosen = choose(population, size, f"{seed}:train")

    assert len(chosen) == min(size, len(population))
    assert chosen <= set(range(len(population)))
    assert chosen == choose(population, size, f"{seed}:train")


@given(st.integers())
def test_each_label_gets_its_share_to_within_one_row(seed: int) -> None:
    labels = "a" * 472 + "b" * 422 + "c" * 105

    taken = Counter(labels[i] for i in choose(candidates(labels), 40, str(seed)))

    for label, rows in Counter(labels).items():
        assert abs(taken[label] - 40 * rows / len(labels)) <= 1


def test_every_row_can_be_chosen() -> None:
    seen = {i for seed in range(200) for i in choose(candidates("a" + "b" * 9), 2, str(seed))}

    assert seen == set(range(10))


def test_rows_with_more_evidence_come_first() -> None:
    population = [*candidates("a" * 20, Use.CONTRACT), *candidates("a" * 3, Use.DIRECTION), *candidates("a", Use.LEVEL)]

    assert choose(population, 4, "0") == {20, 21, 22, 23}
    assert {20, 21, 22, 23} < choose(population, 5, "0")
