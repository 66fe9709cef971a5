from __future__ import annotations

from datetime import timedelta

from rft.report.examples import EXAMPLES, read_examples
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


def test_the_latest_of_equal_scores_is_shown() -> None:
    reader = MemoryRollouts()
    for minute in range(3):
        reader.put(RUN_ID, AT, [rollout(1.0, task="t", id=str(minute), at=AT + timedelta(minutes=minute))])
    found = read_examples(RUN_ID, reader)
    assert found is not None
    assert [each.id for each in (*found.highest, *found.lowest)] == ["2", "2"]


def test_a_run_without_rollouts_has_none() -> None:
    assert read_examples(RUN_ID, MemoryRollouts()) is None
