"""Ends the grading of one sample that takes too much processor time or memory; not pure: it limits the process.

Only the main thread of a process can be interrupted, which is where Lambda runs its handler. Elsewhere, and on systems
without these limits, what the graders count themselves must do.
"""

from __future__ import annotations

import resource
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from rft.errors import SampleLimitExceeded

SECONDS = 1.0
MIN_SECONDS = 0.02
SHARES = 2
"""Of processor time. A sample takes about 0.0001."""

MEMORY_BYTES = 256 * 2**20
"""More than the process has when a batch begins: with Python, pydantic and jsonschema that is 350 MB of 512."""

_REPEAT_SECONDS = 0.1
"""Code that swallows the first interruption meets the next one."""

_STATM = Path("/proc/self/statm")


class _Interrupted(BaseException):
    """What nothing that handles mere exceptions swallows."""


def fair_seconds(remaining: float, samples: int) -> float:
    """What one of `samples` may take of the `remaining` seconds: SHARES equal parts, so that the last has its turn."""
    return max(MIN_SECONDS, min(SECONDS, SHARES * remaining / samples))


class SampleLimits:
    """The limits of a batch's samples."""

    def __init__(self) -> None:
        self._armed = False
        self._usable = threading.current_thread() is threading.main_thread()

    @classmethod
    @contextmanager
    def of_a_batch(cls) -> Iterator[SampleLimits]:
        """Until the block ends, memory is limited and SIGPROF is ours."""
        limits = cls()
        if not limits._usable:
            yield limits
            return
        before = signal.signal(signal.SIGPROF, limits._interrupt)
        soft, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (_limit(soft), hard))
        try:
            yield limits
        finally:
            resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
            signal.signal(signal.SIGPROF, before)

    @contextmanager
    def sample(self, seconds: float) -> Iterator[None]:
        """Raises SampleLimitExceeded in the block once it has taken `seconds`, wherever it is then."""
        if not self._usable:
            yield
            return
        try:
            self._armed = True
            signal.setitimer(signal.ITIMER_PROF, seconds, _REPEAT_SECONDS)
            yield
        except _Interrupted:
            raise SampleLimitExceeded("took too much processor time to grade") from None
        finally:
            self._armed = False
            signal.setitimer(signal.ITIMER_PROF, 0)

    def _interrupt(self, _signal: int, _frame: FrameType | None) -> None:
        if self._armed:
            raise _Interrupted


def _limit(soft: int) -> int:
    """The process's size and MEMORY_BYTES, or what already holds if it is less."""
    if not _STATM.exists():
        return soft
    limit = int(_STATM.read_text().split()[0]) * resource.getpagesize() + MEMORY_BYTES
    return limit if soft == resource.RLIM_INFINITY else min(soft, limit)
