"""Throttling of an HTTP API: one token bucket per route."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class ThrottleSettings:
    """Requests per second and burst size; the defaults are the account's quotas."""

    rate: float = 10_000.0
    burst: float = 5_000.0


class Throttle:
    """`clock` returns a time in seconds."""

    def __init__(self, settings: ThrottleSettings, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings, self._clock = settings, clock
        self._lock = threading.Lock()
        self._buckets: dict[str, tuple[float, float]] = {}
        """Route → (remaining tokens, time of the last request)."""

    def admits(self, route: str) -> bool:
        """Take one token of the route; returns False if none is left."""
        with self._lock:
            now, most = self._clock(), self._settings.burst
            tokens, at = self._buckets.get(route, (most, now))
            tokens = min(most, tokens + (now - at) * self._settings.rate)
            admitted = tokens >= 1
            self._buckets[route] = (tokens - admitted, now)
            return admitted
