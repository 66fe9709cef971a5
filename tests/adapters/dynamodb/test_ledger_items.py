"""How large a run's record gets: DynamoDB charges each poll of a job by it, and refuses more than 400 KB."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import pytest

from rft.adapters.dynamodb.ledger_items import record_item, record_of
from rft.contracts.breaker import Finding
from rft.contracts.metrics import Reading, TrainingMetrics
from rft.contracts.telemetry import Rollout
from rft.training.breaker import SIGNALS
from rft.training.metrics import Course, with_batch
from rft.training.rollouts import MAX_SEEN
from tests.kit.records import run_record
from tests.kit.rollouts import judged, rollout
from tests.kit.views import DATASET, HYPERPARAMETERS, JOB, SMOKE_TEST

STEPS = 10_000
MAX_ITEM_BYTES = 100_000
MAX_VIEW_BYTES = 120_000
"""Of the same record as JSON, with a null for each figure that no answer has, such as an audit judge's."""


def size(value: dict[str, Any]) -> int:
    """Bytes of a typed value by DynamoDB's rules (Developer Guide, item sizes and formats)."""
    ((kind, inner),) = value.items()
    match kind:
        case "S":
            return len(inner.encode())
        case "N":
            return len(inner.replace("-", "").replace(".", "")) // 2 + 2
        case "M":
            return 3 + sum(len(name) + 1 + size(part) for name, part in inner.items())
        case "L":
            return 3 + sum(1 + size(part) for part in inner)
        case _:
            return 1


def step_of(rows: int, step: int) -> Iterable[Rollout]:
    """Scores with all the digits there can be."""
    return (
        rollout(
            ((step * 7919 + row * 104_729) % 1_000_003) / 1_000_003,
            task=f"task-{row // 2:06d}",
            answer_length=12_345 + row,
            judge=judged(3, input_tokens=1234, output_tokens=567),
        )
        for row in range(rows)
    )


@pytest.fixture(scope="module")
def course() -> Course:
    """Ten thousand steps with a validation after each tenth, and one of 512 prompts under way."""
    course = Course(TrainingMetrics(rollouts_per_step=4, steps_planned=STEPS), Reading())
    for step in range(1, STEPS + 1):
        course = with_batch(course, list(step_of(4, step)))
        if step % 10 == 0:
            held_out = rollout(step / 10_007, split="validation", answer_length=12_345)
            course = with_batch(course, [held_out] * 2)
    larger = course.metrics.model_copy(update={"rollouts_per_step": 8192})
    course = with_batch(Course(larger, course.reading), list(step_of(1024, 1)))
    names = tuple(f"20261120T120000.{number:06d}Z-01234567.jsonl.gz" for number in range(MAX_SEEN))
    return Course(course.metrics, course.reading.model_copy(update={"floor": names[0], "seen": names}))


def test_the_record_of_ten_thousand_steps_is_small(course: Course) -> None:
    assert (course.metrics.steps, len(course.reading.step.groups)) == (STEPS, 512)
    found = [
        Finding(signal=name, action="warn", message="s" * 300, step=STEPS, at=datetime(2026, 11, 20, tzinfo=UTC))
        for name in SIGNALS
    ]
    parts = {"dataset": DATASET, "hyperparameters": HYPERPARAMETERS, "smoke_test": SMOKE_TEST, "job": JOB}
    measured = {"metrics": course.metrics, "reading": course.reading, "breaker": tuple(found)}
    record = run_record().model_copy(update={**parts, **measured})
    item = record_item(record)
    assert sum(len(name) + size(value) for name, value in item.items()) < MAX_ITEM_BYTES
    assert len(json.dumps(record.model_dump(mode="json"))) < MAX_VIEW_BYTES
    assert record_of(item).metrics == course.metrics
    assert record_of(item).reading == course.reading
