"""A clock that runs faster than real time and releases all waiters when the emulator closes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class ScaledClock:
    """Waits `speed` times faster than real time; `close` ends every wait immediately."""

    SLICE = 0.5
    """Polling interval of `wait_while`, in real seconds."""

    def __init__(self, speed: float, *, patience: float = 0.0) -> None:
        """During the first `patience` real seconds, `sleep` runs in real time."""
        if speed <= 0:
            raise ValueError("speed must be greater than 0")
        self.speed = speed
        self._patient_until = time.monotonic() + patience
        self._closing = threading.Event()

    @property
    def closing(self) -> bool:
        return self._closing.is_set()

    def close(self) -> None:
        """Wake all waiters; later waits return immediately."""
        self._closing.set()

    def sleep(self, seconds: float) -> None:
        """Wait `seconds` of emulated time; used for retry back-off."""
        patient = min(seconds, self._patient_until - time.monotonic())
        self._closing.wait(max(seconds / self.speed, patient))

    def pause(self, real_seconds: float) -> None:
        """Wait in real seconds, or until the emulator closes."""
        self._closing.wait(max(0.0, real_seconds))

    def wait_while(self, going: Callable[[], bool], seconds: float, wake: threading.Event) -> None:
        """Wait `seconds` of emulated time or until `going()` is false; setting `wake` triggers an early check."""
        until = time.monotonic() + seconds / self.speed
        while going() and not self.closing and (remaining := until - time.monotonic()) > 0:
            wake.wait(min(remaining, self.SLICE))
