"""One pipe for what a process prints and what Lambda adds to it: both stay in the order in which they were written."""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Callable

DRAIN_SECONDS = 5.0
"""A process that prints without end is waited for no longer."""


class OutputPipe:
    """`on_line` gets each line, without its end. The process writes to `write_end`, a file descriptor."""

    def __init__(self, on_line: Callable[[str], None]) -> None:
        self._on_line = on_line
        self._mark = secrets.token_hex(16).encode()
        read_end, self.write_end = os.pipe()
        self._stream = os.fdopen(read_end, "rb")
        self._added_lines = self._read_lines = 0
        self._closed = False
        self._writing, self._progress = threading.Lock(), threading.Condition()
        self._reader = threading.Thread(target=self._pump, daemon=True)
        self._reader.start()

    def add(self, line: str) -> None:
        """A line of Lambda's own, after all that the process has printed so far."""
        with self._writing:
            if not self._closed:
                self._added_lines += 1
                os.write(self.write_end, self._mark + line.encode() + b"\n")

    def drain(self) -> None:
        """Wait until every line that was added has been read, and with it what was printed before."""
        with self._progress:
            self._progress.wait_for(lambda: self._read_lines >= self._added_lines, DRAIN_SECONDS)

    def close(self) -> None:
        """Once the process has ended: read the rest. Nothing is added any more."""
        with self._writing:
            self._closed = True
            os.close(self.write_end)
        self._reader.join(DRAIN_SECONDS)

    def _pump(self) -> None:
        with self._stream:
            for line in self._stream:
                printed, mark, added = line.partition(self._mark)
                if printed:
                    self._on_line(_text(printed))
                if mark:
                    self._on_line(_text(added))
                    with self._progress:
                        self._read_lines += 1
                        self._progress.notify_all()


def _text(line: bytes) -> str:
    return line.decode(errors="replace").rstrip("\r\n")
