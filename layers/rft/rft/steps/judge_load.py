"""What a container learns about a judge from how its calls go: how many it takes at once, and whether it is away."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rft.errors import JudgeHeldBack, JudgeUnavailable

FAILURES = 20
"""Failures in a row before a judge counts as away: more than one call of each thread, so no single hiccup is enough."""

FAILING_SECONDS = 15.0
"""How long they must go on: shorter outages are waited out, call by call."""

HELD_BACK_SECONDS = 30.0
"""How long nothing is asked then. One call tries after that, and if it fails the next one tries as much later."""


class CircuitBreaker:
    """Stops asking a judge that is away, so that an outage costs an invocation seconds and not its whole time.

    Throttling is no failure: who throttles is there.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._failures = 0
        self._failing_since = 0.0
        self._held_back_until: float | None = None

    def check(self) -> None:
        """Raises JudgeHeldBack while the judge is not to be asked."""
        with self._lock:
            if self._held_back_until is None:
                return
            if self._monotonic() < self._held_back_until:
                raise JudgeHeldBack(f"not asked after {self._failures} failures in a row")
            self._held_back_until = self._monotonic() + HELD_BACK_SECONDS

    def failed(self) -> None:
        """The judge could not be reached, or failed on its side."""
        with self._lock:
            now = self._monotonic()
            self._failing_since = now if self._failures == 0 else self._failing_since
            self._failures += 1
            if self._failures >= FAILURES and now - self._failing_since >= FAILING_SECONDS:
                self._held_back_until = now + HELD_BACK_SECONDS

    def answered(self) -> None:
        """The judge is there, whatever it said."""
        with self._lock:
            self._failures, self._held_back_until = 0, None


class AdaptiveLimit:
    """Calls under way at once: halved when the judge throttles, let grow by one for each round that it does not.

    Additive increase, multiplicative decrease, as in TCP (RFC 5681). Calls that were sent before the last cut say
    nothing about the new limit and do not cut again.
    """

    def __init__(self, most: int) -> None:
        self._most, self._limit = most, float(most)
        self._under_way = 0
        self._cuts = 0
        self._turn = threading.Condition()

    @property
    def now(self) -> int:
        """How many calls may be under way."""
        return int(self._limit)

    @contextmanager
    def slot(self, seconds: float) -> Iterator[int]:
        """A place among the calls under way; gives what `throttled` wants. Raises JudgeUnavailable past `seconds`."""
        with self._turn:
            if not self._turn.wait_for(lambda: self._under_way < self.now, timeout=max(0.0, seconds)):
                raise JudgeUnavailable("no time left to wait for a turn")
            self._under_way += 1
            cuts = self._cuts
        try:
            yield cuts
        finally:
            with self._turn:
                self._under_way -= 1
                self._turn.notify_all()

    def throttled(self, cuts: int) -> None:
        """A call was throttled; `cuts` is what its slot gave."""
        with self._turn:
            if cuts == self._cuts:
                self._limit = max(1.0, self._limit / 2)
                self._cuts += 1

    def answered(self) -> None:
        """A call went through."""
        with self._turn:
            self._limit = min(float(self._most), self._limit + 1 / self._limit)
