"""What a repeated smoke test sends again: nothing that was answered, and never more than was announced."""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rft.contracts.probe_batches import PendingParts
from rft.contracts.smoke_test import Calls
from rft.contracts.steps import SmokeTestOutcome
from rft.errors import RetryableServiceError, RetryableThrottling
from rft.smoke_test.part_store import MAX_SENDS
from rft.smoke_test.plan import PARALLELISM
from rft.smoke_test.runner import PROBE_BUDGET
from tests.kit.fake_smoke_test import RUN, FakeSmokeTest
from tests.kit.fakes.grader import CallableGrader, honest, result

BEFORE, AFTER = "refused before it ran", "lost after it ran"
NO_TIME = timedelta(seconds=0)


class FaultyLambda:
    """Grades honestly, but fails the calls of these numbers; counts what was graded."""

    def __init__(self, faults: dict[int, str]) -> None:
        self.faults, self.numbers, self.lock = faults, itertools.count(), threading.Lock()
        self.answers = 0
        self.invocations = 0

    def __call__(self, batch: list[dict[str, Any]]) -> Any:
        with self.lock:
            fault = self.faults.get(next(self.numbers))
            if fault == BEFORE:
                raise RetryableThrottling("Invoke: TooManyRequestsException")
            self.answers += len(batch)
            self.invocations += 1
        if fault == AFTER:
            raise RetryableServiceError("Invoke: ServiceException")
        return honest(batch)


def run_with_retries(fake: FakeSmokeTest, grader: FaultyLambda, tries: int = 100) -> SmokeTestOutcome:
    """As the state machine does, with a Retry for each step."""
    record, invoker, completed = fake.start(), CallableGrader(grader), 0
    for _ in range(tries):
        try:
            found = fake.step(record, invoker, completed)
        except (RetryableThrottling, RetryableServiceError):
            continue
        if not isinstance(found, PendingParts):
            return found
        for number in range(len(found.parts)):
            _run_part(fake, record, invoker, found, number)
        completed = found.parts[-1].number + 1
    raise AssertionError("the smoke test did not end")


def _run_part(fake: FakeSmokeTest, *part: Any) -> None:
    for _ in range(100):
        try:
            fake.run_part(*part)
        except (RetryableThrottling, RetryableServiceError):
            continue
        return
    raise AssertionError("the part did not end")


def announced(fake: FakeSmokeTest) -> Calls:
    calls = fake.ledger.get(RUN).smoke_test_calls
    assert calls is not None
    return calls


def test_after_three_throttled_tries_no_answer_is_graded_twice() -> None:
    fake, grader = FakeSmokeTest(), FaultyLambda({4: BEFORE, 20: BEFORE, 23: BEFORE})

    outcome = run_with_retries(fake, grader)

    assert outcome.trusted, outcome.cause
    assert grader.answers == announced(fake).answers


@pytest.mark.parametrize("budget", [PROBE_BUDGET, NO_TIME])
def test_only_a_batch_with_a_lost_response_is_sent_again(budget: timedelta) -> None:
    fake, grader = FakeSmokeTest(budget=budget), FaultyLambda({18: AFTER})

    outcome = run_with_retries(fake, grader)

    assert outcome.trusted, outcome.cause
    assert 0 < grader.answers - announced(fake).answers <= 64


def test_a_batch_with_two_lost_responses_is_not_sent_a_third_time() -> None:
    fake, grader = FakeSmokeTest(), FaultyLambda(dict.fromkeys((0, 1, 2, 3), AFTER))

    outcome = run_with_retries(fake, grader)

    assert not outcome.trusted
    assert "AWS failed 2 times before the grader's reply arrived" in outcome.cause
    assert grader.invocations == MAX_SENDS


class Killed(BaseException):
    """The function is gone, and writes nothing any more."""


def test_a_killed_function_loses_only_batches_in_progress() -> None:
    fake, calls = FakeSmokeTest(), itertools.count()
    grader = FaultyLambda({})

    def killed(batch: list[dict[str, Any]]) -> Any:
        fake.clock.advance(seconds=3)
        if next(calls) == 15:
            fake.store.put_bytes = frozen  # type: ignore[method-assign]
            raise Killed
        return grader(batch)

    def frozen(uri: str, body: bytes) -> None:
        raise Killed

    put = fake.store.put_bytes
    with pytest.raises(Killed):
        fake.step(fake.start(), CallableGrader(killed))
    fake.store.put_bytes = put  # type: ignore[method-assign]

    fake.step(fake.ledger.get(RUN), CallableGrader(grader))

    assert fake.report.trusted
    assert grader.invocations - announced(fake).invocations <= PARALLELISM


@settings(max_examples=8, deadline=None)
@given(st.dictionaries(st.integers(0, 40), st.sampled_from([BEFORE, AFTER]), max_size=6), st.booleans())
def test_batches_are_sent_at_most_as_often_as_announced(faults: dict[int, str], in_parts: bool) -> None:
    fake, grader = FakeSmokeTest(budget=NO_TIME if in_parts else PROBE_BUDGET), FaultyLambda(faults)

    run_with_retries(fake, grader)

    assert grader.answers <= MAX_SENDS * announced(fake).most_answers
    lost = sum(fault == AFTER for fault in faults.values())
    assert grader.invocations <= announced(fake).invocations + lost


@pytest.mark.parametrize("limit", [0, 2, 10, 100])
def test_max_judge_calls_limits_the_smoke_tests_calls(limit: int) -> None:
    fake, calls = FakeSmokeTest(), Counter[str]()

    def judged(batch: list[dict[str, Any]]) -> Any:
        calls["judge"] += len(batch)
        scored = honest(batch)
        return [
            result(raw, one["aggregate_reward_score"], judge_calls=1.0) for raw, one in zip(batch, scored, strict=True)
        ]

    outcome = fake.run(judged, max_judge_calls=limit)

    assert calls["judge"] <= limit
    assert not outcome.trusted
    assert outcome.error == "OverBudget"
    assert outcome.cause.startswith(f"max_judge_calls is {limit}")


def test_max_judge_calls_does_not_limit_a_grader_without_a_judge() -> None:
    fake = FakeSmokeTest()

    outcome = fake.run(honest, max_judge_calls=10_000)

    assert outcome.trusted, outcome.cause
