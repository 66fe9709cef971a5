from __future__ import annotations

import math
import threading
import time
from collections.abc import Sequence
from typing import Any

import pytest

from rft.contracts.grading import Sample
from rft.errors import InvalidGraderEvent
from rft.grading.batch import MAX_SAMPLES, grade_batch
from rft.rewards.components import Component
from tests.kit.graded_samples import AN_HOUR, exact, sample, scores

BROKEN: tuple[Any, ...] = (
    None,
    3,
    "text",
    [],
    {},
    {"id": "no-messages"},
    {"id": "empty", "messages": []},
    {"id": None, "messages": []},
)


@pytest.mark.parametrize("parallelism", [None, 1, 4, 100])
def test_every_sample_has_a_result_in_order_under_its_id(parallelism: int | None) -> None:
    batch = [sample(f"s-{n}", "yes" if n % 3 else "no") for n in range(50)]

    results = grade_batch(batch, grader=exact, deadline=AN_HOUR, parallelism=parallelism)

    assert scores(results) == [(f"s-{n}", float(bool(n % 3)), False) for n in range(50)]


@pytest.mark.parametrize("parallelism", [None, 4])
def test_a_broken_sample_affects_no_other_sample(parallelism: int | None) -> None:
    batch = [piece for broken in BROKEN for piece in (broken, sample("good"))]

    results = grade_batch(batch, grader=exact, deadline=AN_HOUR, parallelism=parallelism)

    assert scores(results[1::2]) == [("good", 1, False)] * len(BROKEN)
    assert scores(results[::2]) == [
        ("sample-1", 0, True),
        ("sample-3", 0, True),
        ("sample-5", 0, True),
        ("sample-7", 0, True),
        ("sample-9", 0, True),
        ("no-messages", 0, True),
        ("empty", 0, True),
        ("sample-15", 0, True),
    ]


def test_repeated_ids_all_get_results() -> None:
    results = grade_batch([sample("a"), sample("a", "no"), sample("a")], grader=exact, deadline=AN_HOUR, parallelism=2)

    assert scores(results) == [("a", 1, False), ("a", 0, False), ("a", 1, False)]


def test_an_empty_batch_has_no_results() -> None:
    assert grade_batch([], grader=exact, deadline=AN_HOUR, parallelism=4) == ()


@pytest.mark.parametrize("event", [None, {}, {"samples": []}, "[]", 7])
def test_a_malformed_batch_is_refused(event: object) -> None:
    with pytest.raises(InvalidGraderEvent, match="array of samples"):
        grade_batch(event, grader=exact, deadline=AN_HOUR)


def test_a_batch_whose_response_would_not_fit_is_refused() -> None:
    with pytest.raises(InvalidGraderEvent, match="send at most"):
        grade_batch([sample("a")] * (MAX_SAMPLES + 1), grader=exact, deadline=AN_HOUR)


def test_a_grader_error_affects_only_its_sample() -> None:
    def picky(graded: Sample) -> Sequence[Component]:
        if graded.id == "b":
            raise KeyError("no such thing")
        return exact(graded)

    results = grade_batch([sample("a"), sample("b"), sample("c")], grader=picky, deadline=AN_HOUR)

    assert scores(results) == [("a", 1, False), ("b", 0, True), ("c", 1, False)]


@pytest.mark.parametrize("value", [math.nan, math.inf, 5.0, 1.5, -0.4])
def test_a_score_out_of_range_is_an_error(value: float) -> None:
    results = grade_batch([sample("a")], grader=lambda _: [Component("x", value, 1)], deadline=AN_HOUR)

    assert scores(results) == [("a", 0, True)]


def test_metrics_show_rewarded_parts_and_zero_errors() -> None:
    [result] = grade_batch(
        [sample("a")], grader=lambda _: [Component("x", 0.5, 1), Component("seconds", 9)], deadline=AN_HOUR
    )

    assert result.model_dump(mode="json") == {
        "id": "a",
        "aggregate_reward_score": 0.5,
        "metrics_list": [
            {"name": "x", "value": 0.5, "type": "Reward"},
            {"name": "seconds", "value": 9, "type": "Metric"},
            {"name": "grader_error", "value": 0, "type": "Metric"},
        ],
    }


def test_samples_are_graded_concurrently() -> None:
    together = threading.Barrier(8, timeout=10)

    def waits_for_seven_others(graded: Sample) -> Sequence[Component]:
        together.wait()
        return exact(graded)

    batch = [sample(str(n)) for n in range(8)]
    results = grade_batch(batch, grader=waits_for_seven_others, deadline=AN_HOUR, parallelism=8)

    assert scores(results) == [(str(n), 1, False) for n in range(8)]


def test_concurrency_of_samples_is_limited() -> None:
    lock, under_way, most = threading.Lock(), 0, 0

    def counted(graded: Sample) -> Sequence[Component]:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        time.sleep(0.001)  # long enough for another thread to come in, were there one too many
        with lock:
            under_way -= 1
        return exact(graded)

    grade_batch([sample(str(n)) for n in range(64)], grader=counted, deadline=AN_HOUR, parallelism=3)

    assert 1 <= most <= 3
