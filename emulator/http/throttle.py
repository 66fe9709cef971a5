"""Throttling of an HTTP API's routes: a token bucket each."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class ThrottleSettings:
    """Requests per second, and how many may come at once; the account's quota where the stage sets none."""

    rate: float = 10_000.0
    burst: float = 5_000.0


class Throttle:
    """`clock` gives seconds."""

    def __init__(self, settings: ThrottleSettings, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings, self._clock = settings, clock
        self._lock = threading.Lock()
        self._buckets: dict[str, tuple[float, float]] = {}
        """By route: tokens left, and when."""

    def admits(self, route: str) -> bool:
        """Take one token of the route's; False where there is none."""
        with self._lock:
            now, most = self._clock(), self._settings.burst
            tokens, at = self._buckets.get(route, (most, now))
            tokens = min(most, tokens + (now - at) * self._settings.rate)
            admitted = tokens >= 1
            self._buckets[route] = (tokens - admitted, now)
            return admitted
