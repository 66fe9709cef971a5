"""Waiting in tests for other processes and threads without an event to await."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

PATIENCE_SECONDS = 120.0
"""A passing test never takes this long; a busy machine is slow."""


def eventually(
    poll: Callable[[], T | None], what: str = "", *, seconds: float = PATIENCE_SECONDS, every: float = 0.05
) -> T:
    """What `look` gives once it is truthy; fails with `what` was waited for, and with what it last gave."""
    until = time.monotonic() + seconds
    while not (found := poll()):
        assert time.monotonic() < until, f"waited {seconds:.0f} s for {what or 'it'}: still {found!r}"
        time.sleep(every)
    return found
