"""Reads and memory of a report: the same for a run of ten million rollouts as for one of 130,000."""

from __future__ import annotations

import tracemalloc
from collections.abc import Sequence
from datetime import timedelta

from rft.contracts.telemetry import Rollout
from rft.report.examples import read_examples
from rft.report.sampled_objects import MAX_LISTINGS, MAX_OBJECTS
from tests.kit.fakes.rollout_reader import ListedRollouts
from tests.kit.records import RUN_ID
from tests.kit.rollouts import AT, rollout

ROWS = 20_000
"""Bedrock's maximum of training rows."""

BATCH = 8
"""Rollouts per object here, of a grader's 64: enough for every row to occur, and fast."""

TEN_MILLION = 10_000_000 // 64
"""Objects of ten million rollouts in batches of 64."""

DAY = timedelta(days=1)
MAX_MEMORY = 1.5
TEMPLATE = rollout(0.5)


def rows_of(number: int) -> Sequence[Rollout]:
    numbers = range(number * BATCH, (number + 1) * BATCH)
    return [TEMPLATE.model_copy(update={"id": str(n), "task_id": f"row-{n * 7 % ROWS:05d}"}) for n in numbers]


def day_of(objects: int) -> ListedRollouts:
    """Objects that were written in one day."""
    return ListedRollouts((AT + DAY * number / objects for number in range(objects)), rows_of)


def peak_of(reader: ListedRollouts) -> int:
    """Bytes."""
    tracemalloc.start()
    try:
        assert read_examples(RUN_ID, reader) is not None
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_report_of_ten_million_rollouts_reads_as_much_as_one_of_few() -> None:
    few, many = day_of(MAX_OBJECTS + 1), day_of(TEN_MILLION)
    few_bytes, many_bytes = peak_of(few), peak_of(many)
    assert many.listings == few.listings <= MAX_LISTINGS
    assert many.read_objects <= MAX_OBJECTS
    assert few.read_objects <= MAX_OBJECTS
    assert many_bytes <= MAX_MEMORY * few_bytes
