"""Which objects a report reads: any spread of a run's rollouts over its time, within counted listings."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rft.report.sampled_objects import MAX_LISTINGS, MAX_OBJECTS, PARTS, sampled_objects
from rft.training.rollouts import written_at
from tests.kit.fakes.rollout_reader import ListedRollouts
from tests.kit.records import RUN_ID
from tests.kit.rollouts import AT


def test_a_run_of_few_objects_is_read_completely() -> None:
    reader = ListedRollouts([AT + timedelta(minutes=number) for number in range(MAX_OBJECTS)])
    sample = sampled_objects(RUN_ID, reader)
    assert (list(sample.names), sample.total) == (reader.names, MAX_OBJECTS)


def test_a_run_without_objects_has_none() -> None:
    assert sampled_objects(RUN_ID, ListedRollouts([])).names == ()


@pytest.mark.parametrize("minutes", [0.001, 1, 3])
def test_a_large_run_is_read_evenly(minutes: float) -> None:
    reader = ListedRollouts([AT + timedelta(minutes=minutes * number) for number in range(3 * MAX_OBJECTS)])
    sample = sampled_objects(RUN_ID, reader)
    chosen = [reader.names.index(name) for name in sample.names]
    assert sample.total is None
    assert len(chosen) == len(set(chosen)) > MAX_OBJECTS / 2
    assert chosen == sorted(chosen)
    assert chosen[0] == 0
    assert chosen[-1] > 3 * MAX_OBJECTS * (1 - 3 / PARTS)


@settings(max_examples=25)
@given(
    bursts=st.lists(st.tuples(st.integers(0, 240 * 3600), st.integers(1, 3_000)), min_size=1, max_size=6),
    gap=st.integers(1, 2_000_000),
)
def test_reads_are_bounded_for_any_distribution_of_rollouts(bursts: list[tuple[int, int]], gap: int) -> None:
    reader = ListedRollouts(
        sorted(
            AT + timedelta(seconds=second, microseconds=gap * number)
            for second, count in bursts
            for number in range(count)
        )
    )
    sample = sampled_objects(RUN_ID, reader)
    assert reader.listings <= MAX_LISTINGS
    assert len(sample.names) <= MAX_OBJECTS
    assert set(sample.names) <= set(reader.names)
    assert list(sample.names) == sorted(set(sample.names))
    assert len(reader.names) > MAX_OBJECTS or list(sample.names) == reader.names
    first, newest, last = map(written_at, (reader.names[0], sample.names[-1], reader.names[-1]))
    assert last - newest <= (last - first) / PARTS * 1.1 + timedelta(seconds=1)
