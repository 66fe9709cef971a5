"""Pool of fork servers, each with one job at a time, and the pipes and files passed to jobs."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import select
import socket
import subprocess
import sys
import weakref
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from queue import Empty, LifoQueue
from typing import Any

from rft.adapters.sandbox import seal
from rft.errors import DeadlineExceeded, SandboxUnavailable
from rft.rewards.samples import UngradableSample

ROOT = Path(__file__).parents[3]
"""Root of the layer, from which the package is imported."""

START_SECONDS = 60.0
GRACE_SECONDS = 10.0
"""Seconds after a job's time limit until its server counts as failed."""

PIPE_BYTES = 2**20
"""Capacity of a pipe, the default maximum for users (pipe(7)). A suite's results fit, so writes do not block."""

_SERVER = (
    "import sys; sys.dont_write_bytecode = True; sys.path.insert(0, sys.argv[1]);"
    "from rft.adapters.sandbox.fork_server import main; main()"
)
_LIBRARIES = "LD_LIBRARY_PATH"  # Lambda's interpreter needs it to find its own library


class ForkServers:
    """Pool of servers, one per thread that runs code concurrently; idle servers are reused."""

    def __init__(self) -> None:
        """Makes this process undumpable. Raises SandboxUnavailable if the platform does not support it."""
        try:
            seal.undumpable()  # in Lambda, the answer's process has the same user and could read credentials in /proc
        except OSError as error:
            raise SandboxUnavailable(str(error)) from error
        self._idle: LifoQueue[ForkServer] = LifoQueue()
        self.close = weakref.finalize(self, _close_all, self._idle)

    @contextlib.contextmanager
    def one(self) -> Iterator[ForkServer]:
        """A server for exclusive use, closed after an unexpected error. Raises SandboxUnavailable."""
        try:
            server = self._idle.get_nowait()
        except Empty:
            server = ForkServer()
        try:
            yield server
        except (UngradableSample, DeadlineExceeded):  # the job has ended, so the server is reusable
            self._idle.put(server)
            raise
        except BaseException:
            server.close()
            raise
        self._idle.put(server)


def _close_all(idle: LifoQueue[ForkServer]) -> None:
    with contextlib.suppress(Empty):
        while True:
            idle.get_nowait().close()


class ForkServer:
    """One fork server, for one job at a time."""

    def __init__(self) -> None:
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603  code of this project
                [sys.executable, "-I", "-S", "-c", _SERVER, str(ROOT)],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={name: os.environ[name] for name in (_LIBRARIES,) if name in os.environ},
                cwd="/",
                start_new_session=True,
            )
        ready = self._receive(START_SECONDS)
        if not ready["ready"]:
            self.close()
            raise SandboxUnavailable(f"code cannot be sealed here: {ready['reason']}")

    def start(self, kind: str, seconds: float, megabytes: int, files: Sequence[int]) -> None:
        """Starts a job with duplicates of `files`; readers see the end of a pipe only after the caller closes its own.

        Raises DeadlineExceeded, SandboxUnavailable.
        """
        if seconds <= 0:
            raise DeadlineExceeded("the batch's time was up before code ran")
        job = {"kind": kind, "seconds": seconds, "megabytes": megabytes}
        try:
            socket.send_fds(self.control, [json.dumps(job).encode()], list(files))
        except OSError as error:
            raise SandboxUnavailable("the fork server is gone") from error

    def stop(self) -> None:
        """Requests the end of the job; `end` must still be called."""
        with contextlib.suppress(OSError):
            self.control.send(b"stop")

    def end(self, seconds: float) -> Mapping[str, Any]:
        """Waits for the job's end; returns `status`, `timed_out` and `stopped`."""
        return self._receive(seconds + GRACE_SECONDS)

    def close(self) -> None:
        """Kills the process; its forks are killed with it."""
        self.control.close()
        self._process.kill()
        self._process.wait()

    def _receive(self, seconds: float) -> Mapping[str, Any]:
        self.control.settimeout(seconds)
        try:
            message = self.control.recv(65_536)
        except OSError as error:
            raise SandboxUnavailable("the fork server does not answer") from error
        if not message:
            raise SandboxUnavailable("the fork server is gone")
        found: Mapping[str, Any] = json.loads(message)
        return found


class End:
    """A file descriptor of a pipe; open until `close` or `release`."""

    def __init__(self, file: int) -> None:
        self._file: int | None = file

    @property
    def file(self) -> int:
        if self._file is None:
            raise ValueError("closed or released already")
        return self._file

    def release(self) -> int:
        """Returns the file descriptor and transfers its ownership to the caller."""
        file, self._file = self.file, None
        return file

    def close(self) -> None:
        if self._file is not None:
            os.close(self.release())

    def all(self, most: int) -> bytes:
        """Reads until all writers have closed the pipe, or slightly over `most` bytes."""
        found = b""
        while len(found) <= most and (part := os.read(self.file, 65_536)):
            found += part
        return found

    def until(self, control: socket.socket, most: int) -> bytes:
        """Reads until the end of output, a message on `control`, or slightly over `most` bytes."""
        found = bytearray()
        while len(found) <= most:
            ready, _, _ = select.select([self.file, control.fileno()], [], [])
            if self.file not in ready:
                break
            part = os.read(self.file, 65_536)
            if not part:
                break
            found += part
        return bytes(found)


@contextlib.contextmanager
def pipe() -> Iterator[tuple[End, End]]:
    """Yields the read end and the write end of a new pipe, and closes them."""
    read, write = os.pipe()
    with contextlib.suppress(OSError):  # exceeds the user's total limit: the pipe keeps its default size
        fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    ends = End(read), End(write)
    try:
        yield ends
    finally:
        for end in ends:
            end.close()


@contextlib.contextmanager
def text_file(text: str) -> Iterator[int]:
    """Yields the descriptor of an in-memory file with `text`, positioned at its start."""
    file = os.memfd_create("code", os.MFD_CLOEXEC)
    try:
        data = memoryview(text.encode("utf-8", "replace"))
        while data:
            data = data[os.write(file, data) :]
        os.lseek(file, 0, os.SEEK_SET)
        yield file
    finally:
        os.close(file)
