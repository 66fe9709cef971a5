"""Runs a function in a new process and measures its time and peak memory, including child processes."""

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
    """`seconds` is returned by the function; `megabytes` is the peak, with shared pages counted once.

    `processor_seconds` is the CPU time of all its processes.
    """

    seconds: float
    megabytes: float
    processor_seconds: float


def measured(function: Callable[..., float], *args: Any) -> Measured:
    """Run a module-level function, which returns the seconds to report, in a new process."""
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
    """Return the seconds that a call takes."""
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
    """Return the sum of proportional set sizes (Linux) of a process and its descendants, in MB."""
    return sum(_proportional(each) for each in _family(pid)) / 1000


def _family(pid: int) -> list[int]:
    return [pid, *(each for child in children(pid) for each in _family(child))]


def _proportional(pid: int) -> float:
    """Return a process's proportional set size in kB."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return 0.0
    return next((int(line.split()[1]) * 1.024 for line in lines if line.startswith("Pss:")), 0.0)
