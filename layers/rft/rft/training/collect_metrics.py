"""Collects training metrics: reads rollouts written since the last poll, within a time limit. Takes ports."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime

from rft.contracts.ledger import RunRecord
from rft.contracts.metrics import Reading
from rft.errors import RetryableServiceError, RetryableThrottling
from rft.observability import logger
from rft.ports.training import RolloutReader
from rft.training.metrics import Course, course_of, with_batch
from rft.training.rollouts import LIST_PAGE_SIZE, moved_on, unread

SECONDS = 20.0
"""Time limit of one poll's reads; the rest of the function's minute is for the job."""

Monotonic = Callable[[], float]


def collect_metrics(
    record: RunRecord, rollouts: RolloutReader, *, now: datetime, monotonic: Monotonic = time.monotonic
) -> Course | None:
    """The run's metrics with new rollouts; None if the size of a step is unknown."""
    course = course_of(record)
    if course is None:
        return None
    try:
        return _read(record.run_id, course, rollouts, now=now, give_up=monotonic() + SECONDS, monotonic=monotonic)
    except (RetryableThrottling, RetryableServiceError) as error:
        logger().warning("rollouts cannot be listed", extra={"error": type(error).__name__})
        # A store failure ends this read, never the job: the next poll reads the rest.
        return course


def _read(
    run_id: str, course: Course, rollouts: RolloutReader, *, now: datetime, give_up: float, monotonic: Monotonic
) -> Course:
    before = course.reading
    listed = rollouts.after(run_id, before.floor, most=LIST_PAGE_SIZE)
    names = unread(listed, before)
    read: list[str] = []
    try:
        for name, rows in zip(names, rollouts.read(run_id, names), strict=False):
            course = _unreadable(course) if rows is None else with_batch(course, rows)
            read.append(name)
            if monotonic() > give_up:
                break
    except (RetryableThrottling, RetryableServiceError) as error:
        logger().warning("rollouts cannot be read", extra={"error": type(error).__name__})
    unread_yet = sum(stored.name not in before.seen for stored in listed) - len(read)
    reading = moved_on(course.reading, read, now=now)
    return _placed(course, reading, behind=unread_yet > 0 or len(listed) == LIST_PAGE_SIZE)


def _unreadable(course: Course) -> Course:
    return Course(course.metrics.model_copy(update={"unreadable": course.metrics.unreadable + 1}), course.reading)


def _placed(course: Course, reading: Reading, *, behind: bool) -> Course:
    return Course(course.metrics.model_copy(update={"behind": behind}), reading)
