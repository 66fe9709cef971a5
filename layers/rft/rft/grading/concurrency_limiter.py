"""Limits the concurrent judge calls of a container; the limit falls when the judge throttles. Pure."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from rft.errors import JudgeUnavailable


class ConcurrencyLimiter:
    """Halves the number of concurrent calls on throttling, and raises it by one after each round without.

    Additive increase, multiplicative decrease, as in TCP (RFC 5681). Throttled calls that were sent before the last cut
    do not cut again.
    """

    def __init__(self, most: int) -> None:
        self._most, self._limit = most, float(most)
        self._under_way = 0
        self._cuts = 0
        self._turn = threading.Condition()

    @property
    def now(self) -> int:
        return int(self._limit)

    @contextmanager
    def slot(self, seconds: float) -> Iterator[int]:
        """Context manager: takes a slot and yields the value to pass to `throttled`.

        Raises JudgeUnavailable after `seconds`.
        """
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
        """Records a throttled call; `cuts` is the value from its slot."""
        with self._turn:
            if cuts == self._cuts:
                self._limit = max(1.0, self._limit / 2)
                self._cuts += 1

    def answered(self) -> None:
        with self._turn:
            self._limit = min(float(self._most), self._limit + 1 / self._limit)
