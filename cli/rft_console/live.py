"""Answers of the API within the time that a page may take: a silence is shown, not waited out."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

from rft_client.errors import ApiError, RftClientError
from rft_client.transport import TRANSIENT_STATUSES

WAIT_SECONDS = 2.5
"""With the interval of polling (2 s), a silence is shown within 5 s."""

Answer = TypeVar("Answer")


class Silence(RftClientError):
    """The API gives no answer now; the same request may get one later."""


@dataclass(frozen=True)
class LiveCalls:
    """One request of a kind is in flight at a time, for any number of pages."""

    seconds: float = WAIT_SECONDS
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(8, thread_name_prefix="console"))
    _pending: dict[str, Future[object]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, key: str, call: Callable[[], Answer]) -> Answer:
        """The call's answer. Raises Silence where the API is away or slow, and ApiError where it refuses."""
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
        """Start nothing more; what is under way ends with the process."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _forget(self, key: str) -> None:
        with self._lock:
            self._pending.pop(key, None)
