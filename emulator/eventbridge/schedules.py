"""EventBridge's schedules: rules that fire by the clock."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

from emulator.clock import ScaledClock

MIN_SECONDS = 15.0
"""Real seconds between two firings of one rule, however fast time passes: each starts a function."""


class Schedules:
    """Fires each rule after its period, and again and again until the clock is closed."""

    def __init__(self, fire: Callable[[str], None], clock: ScaledClock, *, minimum: float = MIN_SECONDS) -> None:
        """`fire` is given a rule's name."""
        self._fire, self._clock, self._minimum = fire, clock, minimum
        self._threads: list[threading.Thread] = []

    def start(self, periods: Mapping[str, float]) -> None:
        """Rules by name, with seconds of emulated time between two firings."""
        for rule, seconds in periods.items():
            real = max(self._minimum, seconds / self._clock.speed)
            thread = threading.Thread(target=self._repeat, args=(rule, real), name=f"schedule-{rule}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def close(self) -> None:
        """Wait for all; the clock must be closed."""
        for thread in self._threads:
            thread.join()

    def _repeat(self, rule: str, real_seconds: float) -> None:
        self._clock.pause(real_seconds)
        while not self._clock.closing:
            self._fire(rule)
            self._clock.pause(real_seconds)
