"""Stops the grading of a sample at its CPU time or memory limit. Not pure: it sets limits of the process.

A signal can interrupt only the main thread, in which Lambda runs its handler. In other threads, and on systems without
these limits, only the graders' own limits apply.
"""

from __future__ import annotations

import math
import resource
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import ParamSpec, TypeVar

from rft.errors import SampleLimitExceeded

P = ParamSpec("P")
R = TypeVar("R")

SECONDS = 1.0
MIN_SECONDS = 0.02
SHARES = 2
"""CPU seconds per sample. A typical sample takes about 0.0001 s."""

MEMORY_BYTES = 256 * 2**20
"""Memory beyond the process's size at the start of a batch: Python, pydantic and jsonschema take 350 of 512 MB."""

_TICK_SECONDS = 0.01
"""Interval of the limit check. One timer per batch adds no cost per sample, and code that swallows the first
interruption gets another."""

_STATM = Path("/proc/self/statm")


class _Interrupted(BaseException):
    """Derives from BaseException so that `except Exception` does not catch it."""


def fair_seconds(remaining: float, samples: int) -> float:
    """CPU seconds for one of `samples`."""
    # Capped at SHARES equal parts of the remaining time, so that the last sample gets its share.
    return max(MIN_SECONDS, min(SECONDS, SHARES * remaining / samples))


class SampleLimits:
    def __init__(self) -> None:
        self._ticks = math.inf
        self._usable = threading.current_thread() is threading.main_thread()

    @classmethod
    @contextmanager
    def of_a_batch(cls) -> Iterator[SampleLimits]:
        """Context manager: limits memory and reserves SIGPROF until the block ends."""
        limits = cls()
        if not limits._usable:
            yield limits
            return
        before = signal.signal(signal.SIGPROF, limits._tick)
        soft, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (_limit(soft), hard))
        signal.setitimer(signal.ITIMER_PROF, _TICK_SECONDS, _TICK_SECONDS)
        try:
            yield limits
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
            signal.signal(signal.SIGPROF, before)

    def run(self, seconds: float, work: Callable[P, R], *args: P.args, **named: P.kwargs) -> R:
        """Returns the result of `work`.

        Raises SampleLimitExceeded after `seconds` of CPU time, at any point of `work`.
        """
        try:
            try:
                self._ticks = seconds / _TICK_SECONDS + 1
                return work(*args, **named)
            finally:
                self._ticks = math.inf
        except _Interrupted:  # includes an interruption raised before the line above
            self._ticks = math.inf
            raise SampleLimitExceeded("took too much processor time to grade") from None

    def _tick(self, _signal: int, _frame: FrameType | None) -> None:
        self._ticks -= 1
        if self._ticks < 0:
            raise _Interrupted


def _limit(soft: int) -> int:
    """The process's size plus MEMORY_BYTES, or the current limit if that is lower."""
    if not _STATM.exists():
        return soft
    limit = int(_STATM.read_text().split()[0]) * resource.getpagesize() + MEMORY_BYTES
    return limit if soft == resource.RLIM_INFINITY else min(soft, limit)
