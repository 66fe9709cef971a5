"""Reads a run's rollouts into an index in the background; each request resumes where reading stopped."""

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
    """Start of a page of the API: its cursor, and the number of rollouts before it."""

    cursor: str = ""
    rollouts: int = 0
    trained: int = 0


@dataclass
class RolloutReader:
    """Reader of one run. `rollouts`: number in the index; `error`: reason why reading stopped, '' if it did not.

    `read_to_end`: the last page has been read; `refresh` reads it again, because rollouts may have been added.
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
        """Starts reading in the background from the last page on, unless reading is in progress."""
        if not self.reading:
            self._thread = threading.Thread(target=self._read, daemon=True, name=f"rollouts of {self.run_id}")
            self._thread.start()

    def await_first(self, seconds: float = FIRST_SECONDS) -> None:
        """Waits until the first page has been read, reading has failed, or `seconds` have passed."""
        self._first.wait(seconds)

    def stop(self) -> None:
        """Stops reading and closes the index. A pending request is abandoned and ends with the process."""
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
