"""Calls the API with a time limit, so that pages load while the API does not respond."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

from rft_client.errors import ApiError, RftClientError
from rft_client.transport import TRANSIENT_STATUSES

WAIT_SECONDS = 2.5
"""Time limit of a call; with the polling interval (2 s), a page shows an outage within 5 s."""

Answer = TypeVar("Answer")


class Silence(RftClientError):
    """The API does not respond at the moment, or returned a transient error; retry later."""


@dataclass(frozen=True)
class LiveCalls:
    """Shares one pending request per key between pages."""

    seconds: float = WAIT_SECONDS
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(8, thread_name_prefix="console"))
    _pending: dict[str, Future[object]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, key: str, call: Callable[[], Answer]) -> Answer:
        """Result of the call. Raises Silence after the time limit or a transient error, ApiError for others."""
        with self._lock:
            pending = self._pending.get(key)
            if pending is None:
                pending = self._pending[key] = self._pool.submit(call)
        try:
            found = pending.result(timeout=self.seconds)
        except TimeoutError as error:
            raise Silence(f"No answer from the API for {self.seconds:g} s; still waiting") from error
        except ApiError as error:
            self._forget(key)
            if error.status not in TRANSIENT_STATUSES:
                raise
            raise Silence(f"{error}; trying again") from error
        except BaseException:
            self._forget(key)
            raise
        self._forget(key)
        return found  # type: ignore[return-value]  # of this key's call

    def close(self) -> None:
        """Cancels queued calls; running calls end with the process."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _forget(self, key: str) -> None:
        with self._lock:
            self._pending.pop(key, None)
