"""EventBridge's scheduled rules."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from emulator.clock import ScaledClock

MIN_SECONDS = 15.0
"""Minimum real seconds between two firings of a rule at any speed, because each invokes a function."""


class Schedules:
    """Fires each rule periodically until the clock is closed."""

    def __init__(self, fire: Callable[[str], None], clock: ScaledClock, *, minimum: float = MIN_SECONDS) -> None:
        """`fire` is called with a rule's name; `minimum` is the shortest period in real seconds."""
        self._fire, self._clock, self._minimum = fire, clock, minimum
        self._following: dict[str, _Timer] = {}
        self._threads: list[threading.Thread] = []

    def follow(self, periods: Mapping[str, float]) -> None:
        """Set the rules: name → period in emulated seconds. Timers of rules with an unchanged period keep running."""
        for rule in set(self._following) - set(periods):
            del self._following[rule]
        for rule, seconds in periods.items():
            known = self._following.get(rule)
            if known is None or known.seconds != seconds:
                timer = self._following[rule] = _Timer(rule, seconds)
                thread = threading.Thread(target=self._repeat, args=(timer,), name=f"schedule-{rule}", daemon=True)
                self._threads.append(thread)
                thread.start()

    def close(self) -> None:
        """Join all timer threads; the clock must be closed."""
        for thread in self._threads:
            thread.join()

    def _repeat(self, timer: _Timer) -> None:
        real_seconds = max(self._minimum, timer.seconds / self._clock.speed)
        self._clock.pause(real_seconds)
        while not self._clock.closing and self._following.get(timer.rule) is timer:
            self._fire(timer.rule)
            self._clock.pause(real_seconds)


@dataclass(eq=False)
class _Timer:
    """Thread of one rule with a fixed period; a changed period gets a new timer."""

    rule: str
    seconds: float
