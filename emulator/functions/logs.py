"""What functions wrote to standard output and error, kept in memory in a bounded ring per function."""

from __future__ import annotations

import threading
from collections import defaultdict, deque


class FunctionLogs:
    """Lines by function, oldest first; the oldest go when there are more than `lines`."""

    def __init__(self, lines: int = 20_000) -> None:
        self._lines: dict[str, deque[str]] = defaultdict(lambda: deque(maxlen=lines))
        self._lock = threading.Lock()

    def add(self, function: str, line: str) -> None:
        with self._lock:
            self._lines[function].append(line)

    def read(self, function: str) -> list[str]:
        """All kept lines of one function."""
        with self._lock:
            return list(self._lines[function])
