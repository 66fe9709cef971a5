from __future__ import annotations

from datetime import timedelta

import pytest

from rft.contracts.dataset import Recommendation
from rft.contracts.ledger import RunRecord, RunStatus
from rft.errors import RetryableServiceError, RetryableThrottling
from rft.training.collect_metrics import SECONDS, collect_metrics
from rft.training.metrics import Course
from rft.training.rollouts import LIST_PAGE_SIZE
from tests.kit.fakes.clock import FixedClock
from tests.kit.fakes.ledger import MemoryLedger
from tests.kit.fakes.rollout_reader import MemoryRollouts
from tests.kit.records import RUN_ID, add_run
from tests.kit.rollouts import group

CHOSEN = {
    name: Recommendation(value=value, source="request", reason="asked")
    for name, value in {"batchSize": 2, "trainingSamplePerPrompt": 2, "epochCount": 1}.items()
}


class FakeTelemetry:
    """A run in TRAINING with steps of four rollouts, and what its grader leaves behind."""

    def __init__(self) -> None:
        self.clock = FixedClock()
        self.ledger = MemoryLedger(self.clock)
        self.rollouts = MemoryRollouts()
        add_run(self.ledger, RunStatus.TRAINING)
        self.ledger.update(RUN_ID, {"hyperparameters": CHOSEN})
        self.seconds = 0.0

    def grade(self, *, objects: int = 1, scores: tuple[float | None, ...] = (0.0, 1.0, 0.5, 0.5)) -> None:
        for _ in range(objects):
            self.clock.advance(seconds=1)
            self.rollouts.put(RUN_ID, self.clock.now(), group(*scores))

    def collect(self) -> RunRecord:
        """One poll, stored in the ledger."""
        course = self.course()
        assert course is not None
        self.ledger.update(RUN_ID, {"metrics": course.metrics, "reading": course.reading})
        return self.ledger.get(RUN_ID)

    def pass_time(self, seconds: float) -> None:
        self.seconds += seconds

    def course(self) -> Course | None:
        record = self.ledger.get(RUN_ID)
        return collect_metrics(record, self.rollouts, now=self.clock.now(), monotonic=lambda: self.seconds)

    @property
    def steps(self) -> int:
        metrics = self.ledger.get(RUN_ID).metrics
        return metrics.steps if metrics else 0


@pytest.fixture
def fake() -> FakeTelemetry:
    return FakeTelemetry()


def test_a_poll_reads_only_new_objects(fake: FakeTelemetry) -> None:
    read: list[int] = []
    for written in (3, 0, 5, 1, 0):
        fake.grade(objects=written)
        before = len(fake.rollouts.read_names)
        fake.collect()
        read.append(len(fake.rollouts.read_names) - before)
        fake.clock.advance(minutes=10)
    assert read == [3, 0, 5, 1, 0]
    assert fake.steps == 9


def test_a_late_object_is_read_at_the_next_poll(fake: FakeTelemetry) -> None:
    fake.grade(objects=2)
    fake.collect()
    fake.rollouts.put(RUN_ID, fake.clock.now() - timedelta(seconds=20), group(1, 1, 1, 1))
    fake.collect()
    assert fake.steps == 3
    assert len(fake.rollouts.read_names) == len(set(fake.rollouts.read_names)) == 3


def test_a_poll_reads_a_limited_number_and_the_next_continues(fake: FakeTelemetry) -> None:
    fake.grade(objects=LIST_PAGE_SIZE + 50)
    record = fake.collect()
    assert (fake.steps, record.metrics and record.metrics.behind) == (LIST_PAGE_SIZE, True)
    record = fake.collect()
    assert (fake.steps, record.metrics and record.metrics.behind) == (LIST_PAGE_SIZE + 50, False)


def test_a_poll_stops_at_its_deadline(fake: FakeTelemetry) -> None:
    fake.grade(objects=3)
    fake.rollouts.on_read = lambda: fake.pass_time(SECONDS * 0.6)
    record = fake.collect()
    assert (fake.steps, record.metrics and record.metrics.behind) == (2, True)
    fake.collect()
    assert fake.steps == 3


@pytest.mark.parametrize("error", [RetryableThrottling("slow down"), RetryableServiceError("503")])
def test_a_store_error_ends_only_the_current_poll(fake: FakeTelemetry, error: Exception) -> None:
    fake.grade(objects=2)
    fake.rollouts.fails_to_list = [error]
    fake.collect()
    assert fake.steps == 0
    fake.rollouts.fails_with = [error]
    record = fake.collect()
    assert (fake.steps, record.metrics and record.metrics.behind) == (0, True)
    fake.collect()
    assert fake.steps == 2
    assert len(fake.rollouts.read_names) == 2


def test_an_unreadable_object_is_counted_and_skipped(fake: FakeTelemetry) -> None:
    fake.rollouts.put(RUN_ID, fake.clock.now(), None)
    fake.grade()
    record = fake.collect()
    assert record.metrics is not None
    assert (record.metrics.unreadable, record.metrics.steps) == (1, 1)
    assert fake.collect().metrics == record.metrics


def test_a_run_whose_steps_have_no_known_size_is_not_measured(fake: FakeTelemetry) -> None:
    fake.ledger.update(RUN_ID, {"hyperparameters": None})
    fake.grade()
    assert fake.course() is None
    assert fake.rollouts.read_names == []
