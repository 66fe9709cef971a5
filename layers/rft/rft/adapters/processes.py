"""Distributes work over forked processes, one per core.

Lambda has no /dev/shm, so nothing that needs a semaphore works: neither multiprocessing's Pool and Queue nor
concurrent.futures' processes, only processes and pipes. A forked process inherits the work, such as a loaded
vocabulary, without copying.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection, wait
from typing import Any, TypeVar, cast

Input = TypeVar("Input")
Result = TypeVar("Result")

COLLECT_AFTER = 50_000
"""Garbage collection threshold: the work creates few cycles, and Python's default of 700 costs 5 % of the time."""

AHEAD = 2
"""Maximum inputs per process that are in progress or wait for an earlier result."""


def cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class ForkedWorkers:
    def __init__(self, processes: int | None = None) -> None:
        self._processes = processes or cores()

    def map(self, work: Callable[[Input], Result], inputs: Iterable[Input]) -> Iterator[Result]:
        """Applies `work` to each input, in order."""
        # With one core the work is done in this process.
        if self._processes == 1:
            yield from map(work, inputs)
            return
        with _forked(work, self._processes) as idle:
            yield from _Dispatch(idle, iter(inputs)).results()


class _Dispatch:
    """Assigns inputs to idle processes, one each, and reorders their results."""

    def __init__(self, idle: list[Connection], inputs: Iterator[Any]) -> None:
        self._idle, self._inputs = idle, inputs
        self._most = AHEAD * len(idle)
        self._busy: dict[Connection, int] = {}
        self._results: dict[int, Any] = {}
        self._given = self._taken = 0
        self._more = True

    def results(self) -> Iterator[Any]:
        while self._more or self._busy:
            self._give()
            yield from self._in_order()
            for process in cast("list[Connection]", wait(self._busy) if self._busy else []):
                self._results[self._busy.pop(process)] = _receive(process)
                self._idle.append(process)
        yield from self._in_order()

    def _give(self) -> None:
        while self._more and self._idle and self._given - self._taken < self._most:
            try:
                one = next(self._inputs)
            except StopIteration:
                self._more = False
                return
            process = self._idle.pop()
            process.send(one)
            self._busy[process] = self._given
            self._given += 1

    def _in_order(self) -> Iterator[Any]:
        while self._taken in self._results:
            self._taken += 1
            yield self._results.pop(self._taken - 1)


@contextmanager
def _forked(work: Callable[[Any], Any], processes: int) -> Iterator[list[Connection]]:
    """Processes that run `work`, each by its connection; they end with the block."""
    fork = multiprocessing.get_context("fork")
    ours: list[Connection] = []
    children = []
    try:
        for _ in range(processes):
            here, there = fork.Pipe()
            ours.append(here)
            child = fork.Process(target=_serve, args=(work, there, tuple(ours)), daemon=True)
            child.start()
            there.close()
            children.append(child)
        yield list(ours)
    finally:
        for child in children:
            child.terminate()
        for child in children:
            child.join()
        for connection in ours:
            connection.close()


def _serve(work: Callable[[Any], Any], there: Connection, others: tuple[Connection, ...]) -> None:
    """Process loop: handles one input after the other until the parent closes its end or dies."""
    for connection in others:  # otherwise this process would hold its own pipe's other end open
        connection.close()
    gc.freeze()  # inherited objects are exempt: traversing them would copy their pages
    gc.set_threshold(COLLECT_AFTER)
    with suppress(EOFError, BrokenPipeError):
        while True:
            there.send(_answer(work, there.recv()))


def _answer(work: Callable[[Any], Any], one: Any) -> tuple[Any, Exception | None]:
    try:
        return work(one), None
    except Exception as error:  # noqa: BLE001 - raised again in the parent, as it is
        return None, error


def _receive(process: Connection) -> Any:
    try:
        result, error = process.recv()
    except EOFError as ended:
        raise RuntimeError("a working process was ended from outside, most likely for want of memory") from ended
    if error is not None:
        raise error
    return result
