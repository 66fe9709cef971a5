"""Ends the grading of a sample over its processor time or memory limit; not pure: it limits the process.

Only the main thread of a process can be interrupted, which is where Lambda runs its handler. Elsewhere, and on systems
without these limits, what the graders count themselves must do.
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
"""Of processor time. A sample takes about 0.0001."""

MEMORY_BYTES = 256 * 2**20
"""More than the process has when a batch begins: with Python, pydantic and jsonschema that is 350 MB of 512."""

_TICK_SECONDS = 0.01
"""How often the limit is checked: one timer for a batch costs each sample nothing, and code that swallows the first
interruption gets the next one."""

_STATM = Path("/proc/self/statm")


class _Interrupted(BaseException):
    """A BaseException, so that handlers of Exception do not catch it."""


def fair_seconds(remaining: float, samples: int) -> float:
    """What one of `samples` may take of the `remaining` seconds: SHARES equal parts, so that the last has its turn."""
    return max(MIN_SECONDS, min(SECONDS, SHARES * remaining / samples))


class SampleLimits:
    """The limits of a batch's samples."""

    def __init__(self) -> None:
        self._ticks = math.inf
        self._usable = threading.current_thread() is threading.main_thread()

    @classmethod
    @contextmanager
    def of_a_batch(cls) -> Iterator[SampleLimits]:
        """Until the block ends, memory is limited and SIGPROF is reserved."""
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
        """What `work` returns. Raises SampleLimitExceeded once it has taken `seconds`, wherever it is then."""
        try:
            try:
                self._ticks = seconds / _TICK_SECONDS + 1
                return work(*args, **named)
            finally:
                self._ticks = math.inf
        except _Interrupted:  # also one that came before the line above
            self._ticks = math.inf
            raise SampleLimitExceeded("took too much processor time to grade") from None

    def _tick(self, _signal: int, _frame: FrameType | None) -> None:
        self._ticks -= 1
        if self._ticks < 0:
            raise _Interrupted


def _limit(soft: int) -> int:
    """The process's size and MEMORY_BYTES, or what already holds if it is less."""
    if not _STATM.exists():
        return soft
    limit = int(_STATM.read_text().split()[0]) * resource.getpagesize() + MEMORY_BYTES
    return limit if soft == resource.RLIM_INFINITY else min(soft, limit)
