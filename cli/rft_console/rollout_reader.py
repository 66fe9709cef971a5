"""Reads a run's rollouts into an index in the background, and resumes where it stopped at the next request."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from rft_client.api_client import ApiClient
from rft_client.errors import RftClientError
from rft_console.rollout_index import RolloutIndex

FIRST_SECONDS = 2.0
STOP_SECONDS = 2.0


@dataclass(frozen=True)
class Position:
    """Where a page of the API begins: its cursor, and how many rollouts are before it."""

    cursor: str = ""
    rollouts: int = 0
    trained: int = 0


@dataclass
class RolloutReader:
    """One for each run. `rollouts`: how many are in the index; `error`: why reading stopped, '' where it did not.

    `read_to_end`: no more were stored when the last page was read; it is read again for what was graded since.
    """

    client: ApiClient
    run_id: str
    index: RolloutIndex
    rollouts: int = 0
    unreadable: int = 0
    error: str = ""
    read_to_end: bool = False
    _last: Position = field(default_factory=Position)
    _thread: threading.Thread | None = None
    _stopped: threading.Event = field(default_factory=threading.Event)
    _first: threading.Event = field(default_factory=threading.Event)

    @property
    def reading(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def refresh(self) -> None:
        """Start reading what is not read yet; the last page once more, as it may have grown."""
        if not self.reading:
            self._thread = threading.Thread(target=self._read, daemon=True, name=f"rollouts of {self.run_id}")
            self._thread.start()

    def await_first(self, seconds: float = FIRST_SECONDS) -> None:
        """Until the first rollouts are there, or there are none, or the time is over."""
        self._first.wait(seconds)

    def stop(self) -> None:
        """Read no further page, and close the index. A page that is still awaited ends with the process."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join(STOP_SECONDS)
        if not self.reading:
            self.index.close()

    def _read(self) -> None:
        try:
            for page in self.client.rollout_pages(self.run_id, {}, self._last.cursor):
                self._store(page)
                self._first.set()
                if self._stopped.is_set():
                    return
            self.error = ""
        except RftClientError as error:
            self.error = str(error)
        finally:
            self._first.set()

    def _store(self, page: dict[str, object]) -> None:
        start = self._last
        number, trained = self.index.put(start.rollouts, start.trained, page["rollouts"])  # type: ignore[arg-type]
        self.rollouts = number
        self.read_to_end = page["cursor"] is None
        if page["cursor"] is not None:
            self.unreadable += int(page["unreadable"])  # type: ignore[call-overload]
            self._last = Position(str(page["cursor"]), number, trained)
