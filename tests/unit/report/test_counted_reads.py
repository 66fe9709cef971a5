"""Reads and memory of a report: bounded for a run of ten million rollouts."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rft.contracts.telemetry import Rollout
from rft.ports.training import StoredRollouts
from rft.report.examples import MAX_OBJECTS, MAX_PAGES, read_examples
from rft.training.rollouts import LIST_PAGE_SIZE
from tests.kit.records import RUN_ID
from tests.kit.rollouts import rollout

ROWS = 20_000
"""Bedrock's maximum of training rows."""

BATCH = 8
"""Rollouts per object here, of a grader's 64: enough for every row to occur, and fast."""

TEN_MILLION = 10_000_000 // 64
"""Objects of ten million rollouts in batches of 64."""

MAX_MEMORY = 1.5
TEMPLATE = rollout(0.5)


@dataclass
class GeneratedRollouts:
    """Objects that are created on reading; counts listings and objects."""

    objects: int
    listings: int = 0
    read_objects: int = 0

    def after(self, run_id: str, name: str, *, most: int) -> list[StoredRollouts]:
        self.listings += 1
        first = int(name) + 1 if name else 0
        return [StoredRollouts(f"{n:040d}", 1000) for n in range(first, min(self.objects, first + most))]

    def read(self, run_id: str, names: Sequence[str]) -> Iterator[Sequence[Rollout]]:
        for name in names:
            self.read_objects += 1
            yield [self._rollout(int(name) * BATCH + n) for n in range(BATCH)]

    def _rollout(self, number: int) -> Rollout:
        return TEMPLATE.model_copy(update={"id": str(number), "task_id": f"row-{number % ROWS:05d}"})


def peak_of(reader: GeneratedRollouts) -> int:
    """Bytes."""
    tracemalloc.start()
    try:
        assert read_examples(RUN_ID, reader) is not None
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_report_of_ten_million_rollouts_reads_as_much_as_one_of_few() -> None:
    few, many = GeneratedRollouts(MAX_OBJECTS), GeneratedRollouts(TEN_MILLION)
    few_bytes, many_bytes = peak_of(few), peak_of(many)
    assert few.read_objects == many.read_objects == MAX_OBJECTS
    assert many.listings == -(-TEN_MILLION // LIST_PAGE_SIZE) + 1 <= MAX_PAGES
    assert many_bytes <= MAX_MEMORY * few_bytes
