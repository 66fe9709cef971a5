"""Runs a function in a fresh process: its time, and the peak memory of it and its children."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.kit.processes import children

SAMPLE_SECONDS = 0.1


@dataclass(frozen=True)
class Measured:
    """`seconds` as the function itself says; `megabytes` at its peak, pages that processes share counted once.

    `processor_seconds` are those of all its processes, from their start to their end.
    """

    seconds: float
    megabytes: float
    processor_seconds: float


def measured(function: Callable[..., float], *args: Any) -> Measured:
    """Run a function of a module that can be imported; it returns the seconds that count."""
    spawn = multiprocessing.get_context("spawn")
    here, there = spawn.Pipe()
    process = spawn.Process(target=_child, args=(there, function, args))
    process.start()
    there.close()
    assert process.pid
    peak = 0.0
    while not here.poll(SAMPLE_SECONDS):
        peak = max(peak, _megabytes(process.pid))
    answer, error = here.recv()
    process.join()
    if error:
        raise RuntimeError(error)
    seconds, processor_seconds = answer
    return Measured(seconds, peak, processor_seconds)


def timed(function: Callable[[], object]) -> float:
    """Seconds that a call takes."""
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def _child(there: Any, function: Callable[..., float], args: tuple[Any, ...]) -> None:
    try:
        seconds = function(*args)
        there.send(((seconds, sum(os.times()[:4])), ""))
    except BaseException as error:
        there.send((None, repr(error)))
        raise


def _megabytes(pid: int) -> float:
    """Proportional set sizes (Linux) of a process and all that it has started."""
    return sum(_proportional(each) for each in _family(pid)) / 1000


def _family(pid: int) -> list[int]:
    return [pid, *(each for child in children(pid) for each in _family(child))]


def _proportional(pid: int) -> float:
    """In thousands of bytes."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return 0.0
    return next((int(line.split()[1]) * 1.024 for line in lines if line.startswith("Pss:")), 0.0)
