"""Stops calling a judge that is down, and tries again after a while. Pure."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from rft.errors import JudgeCircuitOpen

FAILURES = 20
"""Failures in a row before a judge counts as away: more than one call of each thread, so no single hiccup is enough."""

FAILING_SECONDS = 15.0
"""Min duration of the failures: calls retry through shorter outages."""

OPEN_SECONDS = 30.0
"""Pause before the next call. One call probes then; if it fails, the next probe comes after the same pause."""


class CircuitBreaker:
    """Stops calls to a judge that is down, so that an outage costs an invocation seconds and not its whole time.

    Throttling is no failure: the judge is up.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._failures = 0
        self._failing_since = 0.0
        self._open_until: float | None = None

    def check(self) -> None:
        """Raises JudgeCircuitOpen while calls are paused."""
        with self._lock:
            if self._open_until is None:
                return
            if self._monotonic() < self._open_until:
                raise JudgeCircuitOpen(f"calls paused after {self._failures} failures in a row")
            self._open_until = self._monotonic() + OPEN_SECONDS

    def failed(self) -> None:
        """The judge could not be reached, or failed on its side."""
        with self._lock:
            now = self._monotonic()
            self._failing_since = now if self._failures == 0 else self._failing_since
            self._failures += 1
            if self._failures >= FAILURES and now - self._failing_since >= FAILING_SECONDS:
                self._open_until = now + OPEN_SECONDS

    def answered(self) -> None:
        """The judge is up, whatever its reply."""
        with self._lock:
            self._failures, self._open_until = 0, None
