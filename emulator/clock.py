"""Time that can be made to pass faster, and that ends when the emulator closes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class ScaledClock:
    """Waits `speed` times faster than real time; `close` ends every wait at once."""

    SLICE = 0.5
    """Longest sleep, in real seconds, before looking again whether waiting still makes sense."""

    def __init__(self, speed: float, *, patience: float = 0.0) -> None:
        """In the first `patience` real seconds, back-offs pass in real time."""
        if speed <= 0:
            raise ValueError("speed must be greater than 0")
        self.speed = speed
        self._patient_until = time.monotonic() + patience
        self._closing = threading.Event()

    @property
    def closing(self) -> bool:
        return self._closing.is_set()

    def close(self) -> None:
        """Wake everybody who waits; later waits return at once."""
        self._closing.set()

    def sleep(self, seconds: float) -> None:
        """Wait `seconds` of emulated time: back-offs."""
        patient = min(seconds, self._patient_until - time.monotonic())
        self._closing.wait(max(seconds / self.speed, patient))

    def pause(self, real_seconds: float) -> None:
        """Wait real seconds, unless the emulator closes."""
        self._closing.wait(max(0.0, real_seconds))

    def wait_while(self, going: Callable[[], bool], seconds: float, wake: threading.Event) -> None:
        """Wait `seconds` of emulated time or until `going` turns false; `wake` hurries the look."""
        until = time.monotonic() + seconds / self.speed
        while going() and not self.closing and (remaining := until - time.monotonic()) > 0:
            wake.wait(min(remaining, self.SLICE))
