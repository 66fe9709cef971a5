"""Runs a grader's file in a separate process that is killed if a batch exceeds its time limit."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Mapping
from typing import Any

from rft.ports.grading import GraderReply
from rft_cli.errors import CommandError
from rft_cli.graders.in_process import Batch

START_SECONDS = 60.0
MAX_ENDS = 2
"""Maximum batches over the time limit; afterwards no more are sent, as each costs the whole limit."""


class IsolatedGrader:
    """`limit`: maximum seconds per batch. `ahead`: offset of the grader's clock in seconds."""

    def __init__(self, path: str, *, limit: float, ahead: float = 0.0) -> None:
        """Raises CommandError if the file is not a grader."""
        self._path, self.limit, self._ahead = path, limit, ahead
        self._process: subprocess.Popen[str] | None = None
        self._replies: queue.Queue[str] = queue.Queue()
        self._ends = 0
        self._lock = threading.Lock()
        self._start()

    def invoke(self, batch: Batch) -> GraderReply:
        """A reply, or the reason for a failure in Lambda's form. Batches are serialised across callers."""
        with self._lock:
            return self._invoke(batch)

    def _invoke(self, batch: Batch) -> GraderReply:
        if self._ends >= MAX_ENDS:
            return GraderReply(None, f"not sent: the grader was ended {MAX_ENDS} times", 0.0)
        if self._process is None:
            self._start()
        found = self._exchange(json.dumps(batch), self.limit)
        if found is not None:
            return GraderReply(found["payload"], found["error"], found["seconds"])
        ended = self._process is not None and self._process.poll() is not None
        self.close()
        self._ends += 1
        reason = "it ended its own process" if ended else f"it took longer than {self.limit:g} s and was ended"
        return GraderReply(None, reason, self.limit)

    def close(self) -> None:
        """Ends the process."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()

    def _start(self) -> None:
        command = [sys.executable, "-P", "-m", "rft_cli.graders.worker", self._path, str(self._ahead)]
        self._replies = queue.Queue()
        self._process = subprocess.Popen(  # noqa: S603  the user's own file, by their own command
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
        threading.Thread(target=_read, args=(self._process, self._replies), daemon=True).start()
        ready = self._next(START_SECONDS)
        if ready is None or "refused" in ready:
            self.close()
            raise CommandError(ready["refused"] if ready else f"{self._path}: it ended, or took too long, on import")

    def _exchange(self, line: str, seconds: float) -> Mapping[str, Any] | None:
        assert self._process is not None and self._process.stdin is not None  # noqa: S101, PT018  started above
        try:
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            return None
        return self._next(seconds)

    def _next(self, seconds: float) -> Mapping[str, Any] | None:
        try:
            line = self._replies.get(timeout=seconds)
        except queue.Empty:
            return None
        found: Mapping[str, Any] | None = json.loads(line) if line else None
        return found


def _read(process: subprocess.Popen[str], replies: queue.Queue[str]) -> None:
    """Forwards lines as they arrive; an empty one at the end."""
    assert process.stdout is not None  # noqa: S101  it is a pipe
    try:
        for line in process.stdout:
            replies.put(line)
    except ValueError:  # closed in the meantime
        pass
    replies.put("")
