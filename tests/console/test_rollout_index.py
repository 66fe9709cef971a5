"""The index of a run's rollouts: order, filters and steps, at the size that a run may have."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rft_console.rollout_index import SORTS, RolloutIndex, RolloutQuery
from tests.kit.rollouts import rollout


@pytest.fixture
def index(tmp_path: Path) -> Iterator[RolloutIndex]:
    made = RolloutIndex(tmp_path / "rollouts.sqlite3", rollouts_per_step=4)
    yield made
    made.close()


def rows(count: int, **fields: Any) -> list[dict[str, Any]]:
    one = rollout(0.5, **fields).model_dump(mode="json")
    return [{**one, "id": str(n), "score": n / count, "answer_length": n} for n in range(count)]


def test_steps_count_training_rollouts_alone(index: RolloutIndex) -> None:
    number, trained = index.put(0, 0, rows(6))
    number, trained = index.put(number, trained, rows(3, split="validation"))
    assert index.put(number, trained, rows(3)) == (12, 9)
    steps = [each["step"] for each in index.page(RolloutQuery(), start=0, limit=20)]
    assert steps == [1, 1, 1, 1, 2, 2, None, None, None, 2, 2, 3]


def test_a_page_that_is_read_again_replaces_itself(index: RolloutIndex) -> None:
    index.put(0, 0, rows(5))
    index.put(0, 0, rows(7))
    assert index.count() == 7


@pytest.mark.parametrize("sort", SORTS)
def test_unknown_values_come_last_in_either_direction(index: RolloutIndex, sort: str) -> None:
    failed = rollout(None, task=None, split=None, answer_length=None).model_dump(mode="json")
    index.put(0, 0, [failed, *rows(3)])
    for descending in (False, True):
        found = index.page(RolloutQuery(sort=sort, descending=descending), start=0, limit=10)
        assert len(found) == 4
        if sort in {"score", "length", "step", "row"}:
            assert found[-1]["n"] == 0


def fill(index: RolloutIndex, count: int) -> None:
    page, number, trained = rows(1000), 0, 0
    while number < count:
        number, trained = index.put(number, trained, page)


def slowest_page(index: RolloutIndex, count: int) -> float:
    queries = [RolloutQuery(sort=sort, descending=True) for sort in SORTS]
    seconds = []
    for query in [*queries, RolloutQuery(min_score=0.9), RolloutQuery(errors=True), RolloutQuery(task_id="t")]:
        begun = time.perf_counter()
        index.count(query)
        index.page(query, start=count // 2, limit=50)
        seconds.append(time.perf_counter() - begun)
    return max(seconds)


def test_a_page_of_fifty_thousand_rollouts_takes_a_moment(index: RolloutIndex) -> None:
    fill(index, 50_000)
    assert slowest_page(index, 50_000) < 5


@pytest.mark.slow
def test_a_page_of_a_million_rollouts_takes_seconds(index: RolloutIndex) -> None:
    fill(index, 1_000_000)
    assert index.count() == 1_000_000
    assert slowest_page(index, 1_000_000) < 10
