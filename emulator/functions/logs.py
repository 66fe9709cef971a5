"""Functions' standard output and error: kept in a bounded buffer per function and forwarded to CloudWatch Logs."""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from collections.abc import Callable

from emulator.functions.spec import FunctionSpec

LogSink = Callable[[FunctionSpec, str, str], None]
"""Called with a function, the name of a log stream and a line."""


class FunctionLogs:
    """The last `lines` lines of each function, oldest first. Each line is also passed to `sink`."""

    def __init__(self, sink: LogSink, lines: int = 20_000) -> None:
        self._sink = sink
        self._lines: dict[str, deque[str]] = defaultdict(lambda: deque(maxlen=lines))
        self._lock = threading.Lock()

    def add(self, function: FunctionSpec, stream: str, line: str) -> None:
        with self._lock:
            self._lines[function.name].append(line)
        self._sink(function, stream, line)

    def read(self, function: str) -> list[str]:
        with self._lock:
            return list(self._lines[function])
