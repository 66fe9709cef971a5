from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from rft.report.examples import EXAMPLES, MAX_OBJECTS, evenly, read_examples
from tests.kit.fakes.rollout_reader import MemoryRollouts
from tests.kit.records import RUN_ID
from tests.kit.rollouts import AT, rollout


def test_examples_are_of_different_rows_and_never_errors() -> None:
    reader = MemoryRollouts()
    rows = [rollout(score / 20, task=f"t{score}", id=f"{score}-{n}") for score in range(21) for n in range(3)]
    reader.put(RUN_ID, AT, [*rows, rollout(None, task="broken")])
    reader.put(RUN_ID, AT + timedelta(seconds=1), None)

    found = read_examples(RUN_ID, reader)

    assert found is not None
    assert [each.task_id for each in found.highest] == [f"t{score}" for score in range(20, 20 - EXAMPLES, -1)]
    assert [each.task_id for each in found.lowest] == [f"t{score}" for score in range(EXAMPLES)]
    assert (found.rollouts_read, found.objects, found.unreadable) == (64, 2, 1)


def test_of_equal_scores_the_later_one_is_shown() -> None:
    reader = MemoryRollouts()
    for minute in range(3):
        reader.put(RUN_ID, AT, [rollout(1.0, task="t", id=str(minute), at=AT + timedelta(minutes=minute))])
    found = read_examples(RUN_ID, reader)
    assert found is not None
    assert [each.id for each in (*found.highest, *found.lowest)] == ["2", "2"]


def test_a_run_without_rollouts_has_none() -> None:
    assert read_examples(RUN_ID, MemoryRollouts()) is None


def test_a_large_run_is_read_evenly_and_within_bounds() -> None:
    reader = MemoryRollouts()
    for number in range(MAX_OBJECTS * 2 + 7):
        reader.put(RUN_ID, AT + timedelta(seconds=number), [rollout(0.5, task=f"t{number}")], token="a")
    found = read_examples(RUN_ID, reader)
    assert found is not None
    assert (found.objects_read, found.objects) == (MAX_OBJECTS, MAX_OBJECTS * 2 + 7)
    names = sorted(reader.objects[RUN_ID])
    assert (reader.read_names[0], reader.read_names[-1]) == (names[0], names[-1])


@given(count=st.integers(0, 400), most=st.integers(2, 12))
def test_names_are_chosen_evenly_from_a_list_of_any_length(count: int, most: int) -> None:
    chosen, total = evenly(map(str, range(count)), most)
    numbers = [int(name) for name in chosen]
    gaps = [after - before for before, after in pairwise(numbers)]
    assert (len(chosen), total) == (min(count, most), count)
    assert numbers[:1] + numbers[-1:] == ([0, count - 1] if count else [])
    assert all(0 < gap <= 4 * count / most + 1 for gap in gaps)
