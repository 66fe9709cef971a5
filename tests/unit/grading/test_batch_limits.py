"""Batches and what they may not exceed: time, size, and what is logged."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rft.contracts.grading import Sample
from rft.errors import DeadlineExceeded, JudgeUnavailable
from rft.grading.batch import MAX_SAMPLES, RESERVE_SECONDS, Deadline, grade_batch
from rft.observability import logger
from rft.rewards.components import Component
from tests.kit.graded_samples import AN_HOUR, exact, sample, scores


@pytest.fixture
def hang() -> Iterator[threading.Event]:
    """Set at the end, so that no thread outlives its test."""
    event = threading.Event()
    yield event
    event.set()


def hanging_on(ids: set[str], hang: threading.Event) -> Any:
    def grader(graded: Sample) -> Sequence[Component]:
        if graded.id in ids:
            hang.wait()
        return exact(graded)

    return grader


def test_a_hanging_grader_gives_every_id_a_result_in_time(hang: threading.Event) -> None:
    batch = [sample(str(n)) for n in range(40)]

    started = time.monotonic()
    results = grade_batch(batch, grader=hanging_on({"3", "5"}, hang), deadline=Deadline(0.3), parallelism=4)

    assert time.monotonic() - started < 0.3 + RESERVE_SECONDS - 2
    assert scores(results) == [(str(n), float(n not in {3, 5}), n in {3, 5}) for n in range(40)]


def test_samples_not_started_by_the_deadline_are_errors(hang: threading.Event) -> None:
    begun: list[str] = []

    def grader(graded: Sample) -> Sequence[Component]:
        begun.append(graded.id)
        hang.wait()
        return exact(graded)

    results = grade_batch([sample(str(n)) for n in range(40)], grader=grader, deadline=Deadline(0.1), parallelism=4)
    hang.set()
    for thread in [thread for thread in threading.enumerate() if thread.name == "grader"]:
        thread.join(timeout=10)

    assert [result.errored for result in results] == [True] * 40
    assert len(begun) == 4


@pytest.mark.parametrize("parallelism", [None, 4])
def test_with_no_time_left_all_results_are_immediate_errors(parallelism: int | None) -> None:
    def never(_: Sample) -> Sequence[Component]:
        raise AssertionError("too late to grade")

    results = grade_batch([sample("a")] * 3, grader=never, deadline=Deadline(-1), parallelism=parallelism)

    assert scores(results) == [("a", 0, True)] * 3


def test_a_judge_error_fails_the_batch_where_configured() -> None:
    def unreachable(_: Sample) -> Sequence[Component]:
        raise JudgeUnavailable("the judge is away")

    with pytest.raises(JudgeUnavailable, match="the judge is away"):
        grade_batch([sample("a")], grader=unreachable, deadline=AN_HOUR, on_judge_error="raise")
    with pytest.raises(DeadlineExceeded):
        grade_batch([sample("a")], grader=exact, deadline=Deadline(-1), on_judge_error="raise")


def test_a_broken_sample_never_fails_the_batch() -> None:
    results = grade_batch([None, sample("a")], grader=exact, deadline=AN_HOUR, on_judge_error="raise")

    assert scores(results) == [("sample-1", 0, True), ("a", 1, False)]


def test_five_thousand_samples_and_six_megabytes_fit_the_response() -> None:
    batch = [sample(f"{n:036d}", "yes" * 400) for n in range(5000)]
    assert len(json.dumps(batch)) > 6_000_000

    def wordy(graded: Sample) -> Sequence[Component]:
        return [*exact(graded), *(Component(f"criterion_{n}_of_eight", 1) for n in range(8))]

    results = grade_batch(batch, grader=wordy, deadline=Deadline(60), parallelism=16)

    assert not any(result.errored for result in results)
    response = json.dumps([result.model_dump(mode="json") for result in results])
    assert len(response) / len(batch) * MAX_SAMPLES < 6 * 1024**2


any_json = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=200, deadline=None)
@given(st.lists(any_json | st.builds(sample, any_json, any_json), max_size=6))
def test_every_entry_of_any_array_has_a_serializable_result(batch: list[Any]) -> None:
    results = grade_batch(batch, grader=exact, deadline=AN_HOUR)

    assert len(results) == len(batch)
    json.dumps([result.model_dump(mode="json") for result in results], ensure_ascii=False, allow_nan=False).encode()


class Lines(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[dict[str, Any]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(json.loads(logger().registered_formatter.format(record)))


@pytest.fixture
def logged() -> Iterator[list[dict[str, Any]]]:
    handler = Lines()
    underlying = logging.getLogger(logger().name)
    underlying.addHandler(handler)
    yield handler.lines
    underlying.removeHandler(handler)


def test_one_line_is_logged_with_figures_and_no_text(logged: list[dict[str, Any]]) -> None:
    def grader(graded: Sample) -> Sequence[Component]:
        if "broken" in graded.answer:
            raise ValueError(f"cannot read {graded.answer}")
        return exact(graded)

    of_a_run = sample("b", "no", metadata={"run_id": "demo-20261120t120000-00000000"})
    batch = [sample("a"), of_a_run, None, sample("c", "broken SECRET"), sample("d", "SECRET")]

    grade_batch(batch, grader=grader, deadline=AN_HOUR)

    [line] = logged
    assert line["samples"] == 5
    assert line["errors"] == {"UngradableSample": 1, "ValueError": 1}
    assert line["mean_score"] == pytest.approx(1 / 3)
    assert line["run_id"] == "demo-20261120t120000-00000000"
    assert line["seconds"] >= 0
    assert "SECRET" not in json.dumps(line)


@pytest.mark.parametrize("module", ["rft.grading.batch", "rft.steps.graders.grade_pandalm"])
def test_grading_loads_no_aws_client(module: str) -> None:
    heavy = {"boto3", "botocore.client", "botocore.session", "tiktoken"}  # powertools loads botocore's empty root
    code = f"import sys, {module}; print(sorted(sys.modules.keys() & {heavy}))"

    found = subprocess.run(  # noqa: S603  our own code
        [sys.executable, "-c", code], env={"PYTHONPATH": ":".join(sys.path)}, capture_output=True, text=True, check=True
    )

    assert found.stdout.strip() == "[]"


@pytest.mark.parametrize("parallelism", [None, 4])
def test_an_error_carries_its_class_and_message_under_the_samples_id(parallelism: int | None) -> None:
    def grader(graded: Sample) -> Sequence[Component]:
        if graded.id == "exits":
            raise SystemExit(3)
        if graded.id == "fails":
            raise KeyError("x" * 500 + "\x1b[2J")
        return exact(graded)

    batch = [sample("good"), sample("exits"), sample("fails"), sample("", "yes")]
    results = grade_batch(batch, grader=grader, deadline=Deadline(60), parallelism=parallelism)
    errors = {result.id: result.error for result in results}
    assert (errors["good"], errors["exits"]) == (None, "SystemExit: 3")
    assert str(errors["fails"]).startswith("KeyError: 'xxx")
    assert len(str(errors["fails"])) == 200
    assert str(errors["sample-4"]).startswith("UngradableSample: id: missing")
    assert "error" not in results[0].model_dump(mode="json")
    assert results[1].model_dump(mode="json")["error"] == "SystemExit: 3"
