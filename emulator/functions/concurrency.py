"""Reserved concurrency: further invocations are throttled, not queued."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from emulator.functions.spec import FunctionSpec

THROTTLED = "TooManyRequestsException"


MAX_EVENT_AGE = 6 * 3600.0
MAX_PAUSE = 300.0
"""In seconds (Lambda Developer Guide, "How Lambda handles errors and retries with asynchronous invocation")."""


def throttled_pauses() -> Iterator[float]:
    """Yield the seconds between attempts of a throttled asynchronous event, until it is six hours old."""
    age, pause = 0.0, 1.0
    while age < MAX_EVENT_AGE:
        yield pause
        age, pause = age + pause, min(2 * pause, MAX_PAUSE)


class TooManyInvocations(Exception):
    """The function's reserved concurrency is exhausted."""


class ReservedConcurrency:
    """Counts running invocations by function; all versions share one reservation."""

    def __init__(self) -> None:
        self._running: Counter[str] = Counter()
        self._lock = threading.Lock()

    @contextmanager
    def slot(self, spec: FunctionSpec) -> Iterator[None]:
        """Hold one unit of the function's concurrency. Raises TooManyInvocations."""
        with self._lock:
            if spec.reserved_concurrency is not None and self._running[spec.name] >= spec.reserved_concurrency:
                raise TooManyInvocations("Rate Exceeded.")
            self._running[spec.name] += 1
        try:
            yield
        finally:
            with self._lock:
                self._running[spec.name] -= 1
