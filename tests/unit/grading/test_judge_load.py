from __future__ import annotations

import threading

import pytest

from rft.errors import JudgeCircuitOpen, JudgeUnavailable
from rft.grading.circuit_breaker import FAILING_SECONDS, FAILURES, OPEN_SECONDS, CircuitBreaker
from rft.grading.concurrency_limiter import ConcurrencyLimiter


class Time:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def failing(circuit: CircuitBreaker, time: Time, *, failures: int, seconds: float) -> None:
    for _ in range(failures - 1):
        circuit.failed()
    time.now += seconds
    circuit.failed()


def broken() -> tuple[CircuitBreaker, Time]:
    time = Time()
    circuit = CircuitBreaker(time)
    failing(circuit, time, failures=FAILURES, seconds=FAILING_SECONDS)
    return circuit, time


@pytest.mark.parametrize(
    ("failures", "seconds"), [(FAILURES - 1, FAILING_SECONDS * 2), (FAILURES * 5, FAILING_SECONDS - 1)]
)
def test_few_failures_or_a_short_outage_keep_the_circuit_closed(failures: int, seconds: float) -> None:
    time = Time()
    circuit = CircuitBreaker(time)

    failing(circuit, time, failures=failures, seconds=seconds)

    circuit.check()


def test_a_long_outage_opens_the_circuit_for_a_while() -> None:
    circuit, time = broken()

    for _ in range(3):
        with pytest.raises(JudgeCircuitOpen, match=f"{FAILURES} failures"):
            circuit.check()
    time.now += OPEN_SECONDS
    circuit.check()


def test_a_half_open_circuit_lets_one_call_through() -> None:
    circuit, time = broken()
    time.now += OPEN_SECONDS

    circuit.check()
    with pytest.raises(JudgeCircuitOpen):
        circuit.check()
    circuit.failed()
    time.now += OPEN_SECONDS - 1
    with pytest.raises(JudgeCircuitOpen):
        circuit.check()
    time.now += 1
    circuit.check()
    circuit.answered()
    circuit.check()
    circuit.check()


def test_a_success_between_failures_resets_the_count() -> None:
    time = Time()
    circuit = CircuitBreaker(time)

    failing(circuit, time, failures=FAILURES - 1, seconds=FAILING_SECONDS)
    circuit.answered()
    failing(circuit, time, failures=FAILURES - 1, seconds=FAILING_SECONDS)

    circuit.check()


def test_throttling_halves_the_limit_once_per_group_of_calls() -> None:
    limit = ConcurrencyLimiter(16)
    with limit.slot(0) as first, limit.slot(0) as second:
        limit.throttled(first)
        limit.throttled(second)
    assert limit.now == 8

    with limit.slot(0) as later:
        limit.throttled(later)
    assert limit.now == 4


def test_the_limit_stays_between_one_and_its_maximum() -> None:
    limit = ConcurrencyLimiter(4)
    for _ in range(10):
        with limit.slot(0) as turn:
            limit.throttled(turn)
    assert limit.now == 1

    for _ in range(100):
        limit.answered()
    assert limit.now == 4


def test_the_limit_grows_by_one_per_round_of_answers() -> None:
    limit = ConcurrencyLimiter(16)
    with limit.slot(0) as turn:
        limit.throttled(turn)

    for _ in range(9):
        limit.answered()

    assert limit.now == 9


def test_a_call_without_a_slot_in_time_is_an_error() -> None:
    limit = ConcurrencyLimiter(1)
    with limit.slot(0), pytest.raises(JudgeUnavailable, match="turn"), limit.slot(0.01):
        pass


def test_a_slot_is_released_to_the_next_call_after_a_failure() -> None:
    limit, done = ConcurrencyLimiter(1), threading.Event()

    def waits() -> None:
        with limit.slot(10):
            done.set()

    def fails() -> None:
        with limit.slot(0):
            threading.Thread(target=waits, daemon=True).start()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fails()
    assert done.wait(10)
