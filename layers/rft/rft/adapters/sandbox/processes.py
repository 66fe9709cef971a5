"""The port CodeSandbox in processes of this function: sealed, forked from a server that knows nothing.

What decides is outside of what is tested: tests run in a process that the answer's cannot reach, output is compared
here. docs/decisions has what this keeps out and what not.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import socket
import subprocess
import sys
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from queue import Empty, LifoQueue
from typing import Any

from rft.adapters.sandbox import seal
from rft.contracts.graders.code_tests import CaseResult, CodeTests, Exchange
from rft.errors import DeadlineExceeded, SandboxUnavailable
from rft.rewards.code import same_output
from rft.rewards.samples import UngradableSample

ROOT = Path(__file__).parents[3]
"""Where the package is imported from: the layer."""

START_SECONDS = 60.0
GRACE_SECONDS = 10.0
"""How much later than its limit a job's end may be announced before its server counts as broken."""

_SERVER = (
    "import sys; sys.dont_write_bytecode = True; sys.path.insert(0, sys.argv[1]);"
    "from rft.adapters.sandbox.fork_server import main; main()"
)
_LIBRARIES = "LD_LIBRARY_PATH"  # Lambda's interpreter finds its own library by it


class ProcessSandbox:
    """Servers are started as needed, one for each thread that runs code at the same time, and stay."""

    def __init__(self) -> None:
        """Makes this process undumpable. Raises SandboxUnavailable where the platform has no such thing."""
        try:
            seal.undumpable()  # the answer's process has this one's user in Lambda: /proc would show credentials
        except OSError as error:
            raise SandboxUnavailable(str(error)) from error
        self._idle: LifoQueue[_Server] = LifoQueue()
        self.close = weakref.finalize(self, _close_all, self._idle)

    def test(self, program: str, tests: CodeTests, *, remaining: Callable[[], float]) -> Sequence[CaseResult]:
        """As CodeSandbox.test."""
        with self._server() as server, _file(program) as code:
            if tests.tests:
                return _suite(server, code, tests, remaining)
            return list(_exchanges(server, code, tests, remaining))

    @contextlib.contextmanager
    def _server(self) -> Iterator[_Server]:
        try:
            server = self._idle.get_nowait()
        except Empty:
            server = _Server()
        try:
            yield server
        except (UngradableSample, DeadlineExceeded):  # said of a job that has ended
            self._idle.put(server)
            raise
        except BaseException:
            server.close()
            raise
        self._idle.put(server)


def _close_all(idle: LifoQueue[_Server]) -> None:
    with contextlib.suppress(Empty):
        while True:
            idle.get_nowait().close()


def _suite(server: _Server, code: int, tests: CodeTests, remaining: Callable[[], float]) -> Sequence[CaseResult]:
    text = json.dumps({"setup": tests.setup, "tests": tests.tests})
    with _file(text) as suite, _pipe() as (reader, writer):
        seconds = min(tests.seconds, remaining())
        end = server.run("suite", seconds, tests.memory_mb, [code, suite, writer.release()])
        lines = [json.loads(line) for line in reader.all(1 << 20).splitlines()]
    _check_time(end, seconds, tests.seconds)
    if lines and "unusable" in lines[-1]:
        raise UngradableSample(f"reference_answer.code: {lines[-1]['unusable']}")
    results = [CaseResult(passed=line["passed"] is True, reason=str(line["reason"])) for line in lines]
    reason = "timed out" if end["timed_out"] else "the tests' process ended early"
    return [*results, *[CaseResult(passed=False, reason=reason)] * (len(tests.tests) - len(results))]


def _exchanges(server: _Server, code: int, tests: CodeTests, remaining: Callable[[], float]) -> Iterator[CaseResult]:
    timed_out = False
    for exchange in tests.exchanges:
        if timed_out:
            yield CaseResult(passed=False, reason="not run: an earlier one timed out")
            continue
        seconds = min(tests.seconds, remaining())
        output, end = _exchange(server, code, exchange, seconds, tests.memory_mb)
        _check_time(end, seconds, tests.seconds)
        timed_out = end["timed_out"]
        reason = _reason(end, output, exchange)
        yield CaseResult(passed=not reason, reason=reason)


def _exchange(
    server: _Server, code: int, exchange: Exchange, seconds: float, megabytes: int
) -> tuple[bytes, Mapping[str, Any]]:
    os.lseek(code, 0, os.SEEK_SET)
    most = 2 * len(exchange.stdout.encode()) + 65_536
    with _file(exchange.stdin) as stdin, _pipe() as (reader, writer):
        server.start("program", seconds, megabytes, [code, stdin, writer.release()])
        output = reader.until(server.control, most)
        if len(output) > most:
            server.stop()
        return output, server.end(seconds)


def _reason(end: Mapping[str, Any], output: bytes, exchange: Exchange) -> str:
    if end["stopped"]:
        return "printed more than twice what was expected and 64 KiB"
    if end["timed_out"]:
        return "timed out"
    if end["status"]:
        return "ended with an error" if end["status"] > 0 else f"was ended by signal {-end['status']}"
    return "" if same_output(output.decode(errors="replace"), exchange.stdout) else "wrong output"


def _check_time(end: Mapping[str, Any], given: float, due: float) -> None:
    if end["timed_out"] and given < due:
        raise DeadlineExceeded("the batch's time was up while code ran")


class _Server:
    """One fork server, for one job at a time."""

    def __init__(self) -> None:
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603  our own code
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

    def run(self, kind: str, seconds: float, megabytes: int, files: Sequence[int]) -> Mapping[str, Any]:
        self.start(kind, seconds, megabytes, files)
        return self.end(seconds)

    def start(self, kind: str, seconds: float, megabytes: int, files: Sequence[int]) -> None:
        """Takes over the last of `files`, which is where the job writes."""
        if seconds <= 0:
            os.close(files[-1])
            raise DeadlineExceeded("the batch's time was up before code ran")
        job = {"kind": kind, "seconds": seconds, "megabytes": megabytes}
        try:
            socket.send_fds(self.control, [json.dumps(job).encode()], list(files))
        except OSError as error:
            raise SandboxUnavailable("the fork server is gone") from error
        finally:
            os.close(files[-1])

    def stop(self) -> None:
        """End the job now; `end` still has to be called."""
        with contextlib.suppress(OSError):
            self.control.send(b"stop")

    def end(self, seconds: float) -> Mapping[str, Any]:
        """How the job ended: `status`, `timed_out` and `stopped`."""
        return self._receive(seconds + GRACE_SECONDS)

    def close(self) -> None:
        """End the process; what it forked ends with it."""
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


class _Reader:
    def __init__(self, file: int) -> None:
        self._file = file

    def all(self, most: int) -> bytes:
        """What was written until all writers ended, up to `most` bytes."""
        found = b""
        while len(found) <= most and (part := os.read(self._file, 65_536)):
            found += part
        return found

    def until(self, control: socket.socket, most: int) -> bytes:
        """What is written until its end, or until `control` has something to say, and up to a little over `most`."""
        found = bytearray()
        while len(found) <= most:
            ready, _, _ = select.select([self._file, control.fileno()], [], [])
            if self._file not in ready:
                break
            part = os.read(self._file, 65_536)
            if not part:
                break
            found += part
        return bytes(found)


class _Writer:
    def __init__(self, file: int) -> None:
        self._file: int | None = file

    def release(self) -> int:
        """The file, which is the caller's to close now."""
        file, self._file = self._file, None
        if file is None:
            raise ValueError("released already")
        return file

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)


@contextlib.contextmanager
def _pipe() -> Iterator[tuple[_Reader, _Writer]]:
    read, write = os.pipe()
    writer = _Writer(write)
    try:
        yield _Reader(read), writer
    finally:
        writer.close()
        os.close(read)


@contextlib.contextmanager
def _file(text: str) -> Iterator[int]:
    """An open file in memory that holds `text`, to be read from its start."""
    file = os.memfd_create("code", os.MFD_CLOEXEC)
    try:
        data = memoryview(text.encode("utf-8", "replace"))
        while data:
            data = data[os.write(file, data) :]
        os.lseek(file, 0, os.SEEK_SET)
        yield file
    finally:
        os.close(file)
