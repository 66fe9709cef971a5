"""Runs the answer in a session of AgentCore's Code Interpreter; sent there as source. Standard library only.

The session receives the answer and the arguments of each call, but no tests and no expected values. Its output is
treated as data only, so this module does not need protection from the code that it runs.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

_LIBRARIES = "LD_LIBRARY_PATH"

_LIMITS = """
import ctypes, os, resource, sys
ctypes.CDLL(None).prctl(1, 9)  # PR_SET_PDEATHSIG, SIGKILL: the answer ends with its session
def limit(name, value):
    most = resource.getrlimit(name)[1]
    value = value if most == resource.RLIM_INFINITY else min(value, most)
    resource.setrlimit(name, (value, value))
limit(resource.RLIMIT_AS, int(sys.argv[2]) * 2**20)
limit(resource.RLIMIT_CPU, int(float(sys.argv[3])) + 3)  # time by the clock is up before
limit(resource.RLIMIT_CORE, 0)
sys.path.insert(0, sys.argv[1])
from rft.adapters.sandbox import program
answer = open(sys.argv[1] + "/answer.py", encoding="utf-8")
"""
_SERVE = (
    _LIMITS
    + """
requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
nothing = os.open(os.devnull, os.O_RDWR)
os.dup2(nothing, 0), os.dup2(nothing, 1)
program.serve(answer.read(), requests, replies)
"""
)
_RUN = (
    _LIMITS
    + """
status = program.run_program(answer.read())
os._exit(status)
"""
)


class Session:
    """Runs one answer. Each method prints one line of JSON: `output`, `timed_out`, `status` (null while running)."""

    def __init__(self, modules: Mapping[str, str], answer: str, seconds: float, megabytes: int) -> None:
        """`modules`: source by file name. `seconds`: time limit for all replies together, and for each run."""
        self._folder, self._megabytes = tempfile.mkdtemp(), megabytes
        self._seconds = self._seconds_left = seconds
        self._number, self._reply = -1, ""
        self._served: subprocess.Popen[bytes] | None = None
        package = Path(self._folder, "rft", "adapters", "sandbox")
        package.mkdir(parents=True)
        for name, source in modules.items():
            (package / name).write_text(source, encoding="utf-8")
        Path(self._folder, "answer.py").write_text(answer, encoding="utf-8", errors="replace")

    def load(self, number: int) -> None:
        """Loads the answer as a module and prints its report."""
        self._served = self._started(_SERVE)
        self._print(number, *self._line(self._served, b""))

    def exchange(self, number: int, request: str) -> None:
        """Prints the answer's reply to a request of the tests. Idempotent: a repeated number prints the same reply."""
        if number == self._number or self._served is None:
            print(self._reply)  # noqa: T201  the session's output is its reply
            return
        self._print(number, *self._line(self._served, request.encode()))

    def run(self, number: int, stdin: str, most: int) -> None:
        """Runs the answer as a program and prints slightly over `most` bytes of its output at most."""
        process = self._started(_RUN)
        until = time.monotonic() + self._seconds
        output, timed_out = _transferred(process, stdin.encode(), self._seconds, most, b"")
        if len(output) > most or timed_out:
            process.kill()
        try:
            status = process.wait(max(0.0, until - time.monotonic()) + 1)
        except subprocess.TimeoutExpired:  # it closed its output but is still running
            process.kill()
            status, timed_out = process.wait(), True
        self._print(number, output, timed_out, None if len(output) > most else status)

    def _line(self, process: subprocess.Popen[bytes], data: bytes) -> tuple[bytes, bool, int | None]:
        started = time.monotonic()
        output, timed_out = _transferred(process, data, self._seconds_left, 8 * 2**20, b"\n")
        self._seconds_left -= time.monotonic() - started
        return output, timed_out, None

    def _started(self, source: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(  # noqa: S603  code of this project, which runs the answer
            [sys.executable, "-I", "-c", source, self._folder, str(self._megabytes), str(self._seconds)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={name: os.environ[name] for name in (_LIBRARIES,) if name in os.environ},
            cwd=self._folder,
            start_new_session=True,
        )
        for stream in (process.stdin, process.stdout):
            os.set_blocking(stream.fileno(), False)  # type: ignore[union-attr]
        return process

    def _print(self, number: int, output: bytes, timed_out: bool, status: int | None) -> None:  # noqa: FBT001
        self._number = number
        reply = {"output": output.decode(errors="replace"), "timed_out": timed_out, "status": status}
        self._reply = json.dumps(reply)
        print(self._reply)  # noqa: T201


def _transferred(
    process: subprocess.Popen[bytes], data: bytes, seconds: float, most: int, end: bytes
) -> tuple[bytes, bool]:
    """Output of the process, which receives `data`, until `end` or its own end; and whether it timed out."""
    if process.stdin is None or process.stdout is None:
        raise ValueError("a process without pipes")
    until, found = time.monotonic() + seconds, bytearray()
    pending = memoryview(data)
    while len(found) <= most and not (end and found.endswith(end)):
        if not pending and not end and not process.stdin.closed:
            process.stdin.close()
        given: Sequence[Any] = [process.stdin] if pending else []
        readable, writable, _ = select.select([process.stdout], given, [], max(0.0, until - time.monotonic()))
        if not readable and not writable:
            return bytes(found), True
        if writable:
            pending = pending[_write(process.stdin.fileno(), pending) :]
        if readable:
            part = os.read(process.stdout.fileno(), 65_536)
            if not part:
                break
            found += part
    return bytes(found), False


def _write(file: int, data: memoryview) -> int:
    try:
        return os.write(file, data[:65_536])
    except BrokenPipeError:  # programs may ignore their input
        return len(data)
