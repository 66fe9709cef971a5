"""Stops calls to a judge that is down, and probes it after a pause. Pure."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from rft.errors import JudgeCircuitOpen

FAILURES = 20
"""Consecutive failures that open the circuit: more than one per thread, so one short fault does not suffice."""

FAILING_SECONDS = 15.0
"""Minimum duration of the failures: retries bridge shorter outages."""

OPEN_SECONDS = 30.0
"""Pause before the next probe call; a failed probe starts another pause."""


class CircuitBreaker:
    """Stops calls to a judge that is down, so an outage costs an invocation seconds instead of its whole timeout.

    Throttling does not count as a failure: the judge is up.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._failures = 0
        self._failing_since = 0.0
        self._open_until: float | None = None

    def check(self) -> None:
        """Raises JudgeCircuitOpen while the circuit is open."""
        with self._lock:
            if self._open_until is None:
                return
            if self._monotonic() < self._open_until:
                raise JudgeCircuitOpen(f"calls paused after {self._failures} failures in a row")
            self._open_until = self._monotonic() + OPEN_SECONDS

    def failed(self) -> None:
        """Records that the judge was unreachable or returned a server error."""
        with self._lock:
            now = self._monotonic()
            self._failing_since = now if self._failures == 0 else self._failing_since
            self._failures += 1
            if self._failures >= FAILURES and now - self._failing_since >= FAILING_SECONDS:
                self._open_until = now + OPEN_SECONDS

    def answered(self) -> None:
        """Records that the judge replied, valid or not."""
        with self._lock:
            self._failures, self._open_until = 0, None
