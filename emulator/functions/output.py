"""One pipe for a process's output and Lambda's own log lines, so that their order is preserved."""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Callable

DRAIN_SECONDS = 5.0
"""Maximum wait, in seconds, for a process that does not stop printing."""


class OutputPipe:
    """`on_line` is called with each line, without newline. The process writes to the file descriptor `write_end`."""

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
        """Add a line of Lambda's after everything that the process has printed so far."""
        with self._writing:
            if not self._closed:
                self._added_lines += 1
                os.write(self.write_end, self._mark + line.encode() + b"\n")

    def drain(self) -> None:
        """Wait until all added lines, and everything printed before them, have been read."""
        with self._progress:
            self._progress.wait_for(lambda: self._read_lines >= self._added_lines, DRAIN_SECONDS)

    def close(self) -> None:
        """Read the remaining output and close the pipe; call after the process has exited."""
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
