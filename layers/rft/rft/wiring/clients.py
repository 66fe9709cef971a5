"""AWS clients and the clock, cached per container."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rft.ports.storage import Clock


@cache
def cached_client(service: str, **settings: int) -> Any:
    """A client with these settings, cached per container."""
    from rft.adapters.aws_client import aws_client

    return aws_client(service, **settings)


@cache
def clock() -> Clock:
    from rft.adapters.clock import SystemClock

    return SystemClock()
