"""Real processes: results in order, errors and deaths reported, nothing left running."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterator

import pytest

from rft.adapters.processes import AHEAD, ForkedWorkers
from rft.errors import DatasetInvalid

CORES = [1, 2, 3]


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    yield
    assert multiprocessing.active_children() == []


@pytest.mark.parametrize("cores", CORES)
@pytest.mark.parametrize("count", [0, 1, 2, 100])
def test_results_are_in_the_order_of_inputs(cores: int, count: int) -> None:
    assert list(ForkedWorkers(cores).map(lambda n: n * n, range(count))) == [n * n for n in range(count)]


def test_work_is_done_by_all_child_processes() -> None:
    workers = set(ForkedWorkers(2).map(lambda _: os.getpid(), range(50)))
    assert len(workers) == 2
    assert os.getpid() not in workers


def test_inputs_and_results_larger_than_a_pipe_pass() -> None:
    body = b"x" * 3_000_000
    assert list(ForkedWorkers(2).map(lambda each: each + b"!", [body] * 6)) == [body + b"!"] * 6


@pytest.mark.parametrize("cores", CORES)
def test_an_exception_of_the_work_is_raised_unchanged(cores: int) -> None:
    def work(n: int) -> int:
        if n == 5:
            raise DatasetInvalid("five")
        return n

    with pytest.raises(DatasetInvalid, match="five"):
        list(ForkedWorkers(cores).map(work, range(1000)))


@pytest.mark.parametrize("cores", CORES)
def test_inputs_are_read_only_a_little_ahead_of_results(cores: int) -> None:
    taken = 0

    def inputs() -> Iterator[int]:
        nonlocal taken
        while True:
            taken += 1
            yield taken

    results = ForkedWorkers(cores).map(lambda n: n, inputs())
    assert [next(results) for _ in range(20)] == list(range(1, 21))
    assert taken <= 20 + AHEAD * cores
    results.close()  # type: ignore[attr-defined]


def test_a_killed_process_is_an_error_not_a_hang() -> None:
    def work(n: int) -> int:
        if n == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        return n

    with pytest.raises(RuntimeError, match="ended from outside"):
        list(ForkedWorkers(2).map(work, range(10)))
