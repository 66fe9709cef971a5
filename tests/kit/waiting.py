"""Polls for conditions in other processes and threads that provide no event to await."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

PATIENCE_SECONDS = 120.0
"""Default timeout; generous because a busy machine is slow."""


def eventually(
    poll: Callable[[], T | None], what: str = "", *, seconds: float = PATIENCE_SECONDS, every: float = 0.05
) -> T:
    """Return the first truthy result of `poll`; on timeout, fail with `what` and the last result."""
    until = time.monotonic() + seconds
    while not (found := poll()):
        assert time.monotonic() < until, f"waited {seconds:.0f} s for {what or 'it'}: still {found!r}"
        time.sleep(every)
    return found
