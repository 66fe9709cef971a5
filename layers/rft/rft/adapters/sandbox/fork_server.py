"""Forks a sealed process for each program and each suite, and enforces their timeouts. Standard library only.

It starts once, with an empty environment and no open files, and imports commonly used modules: a fork takes 1 ms, a new
interpreter 20 ms. It passes open files only and never reads their contents, so that no fork inherits data of earlier
samples or of its own sample's tests.

Standard input is a packet socket. A job is `{"kind": "program" | "suite" | "tests", "seconds": …, "megabytes": …}` with
files. program: code, standard input, output; suite: code, suite, results; tests (the answer runs elsewhere): suite,
requests, replies, results. The response is `{"status": …, "timed_out": …, "stopped": …}`.
"""

from __future__ import annotations

import contextlib
import fcntl
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rft.adapters.sandbox import program, seal, suite

SUITE_MEGABYTES = 1024
CONTROL_BYTES = 4096

_COMMON = """
abc array base64 bisect calendar cmath collections collections.abc copy csv dataclasses datetime decimal enum fractions
functools hashlib heapq html inspect io itertools json locale math numbers operator pprint queue random re
secrets statistics string struct textwrap threading time timeit traceback types typing unicodedata uuid zlib
encodings.ascii encodings.latin_1 asyncio contextlib
"""
"""Imported before any fork, so that programs can use them even if their user cannot read the library's files."""


def main() -> None:
    """Serves jobs until the peer closes the socket."""
    root = sys.path.pop(0)  # programs must not import from the layer
    for name in _COMMON.split():
        importlib.import_module(name)
    control = socket.socket(fileno=0)
    seal.undumpable()
    gc.freeze()
    control.send(json.dumps(_sealable(root)).encode())
    while True:
        message, files, _, _ = socket.recv_fds(control, CONTROL_BYTES, 4)
        if not message:
            return
        job = json.loads(message)
        outcome = _run(control, job, files)
        for file in files:
            os.close(file)
        control.send(json.dumps(outcome).encode())


def _sealable(root: str) -> Mapping[str, Any]:
    """Tests whether processes can be sealed on this platform; returns `ready`, and `reason` if not."""
    reader, writer = os.pipe()

    def attempt() -> int:
        try:
            seal.seal(seconds=1, megabytes=SUITE_MEGABYTES)
        except OSError as error:
            os.write(writer, str(error).encode())
        return 0

    child = _forked(attempt, [writer])
    os.close(writer)
    os.waitpid(child, 0)
    with os.fdopen(reader, "rb") as stream:
        reason = stream.read().decode()
    return {"ready": not reason, "reason": reason, "root": root}


def _run(control: socket.socket, job: Mapping[str, Any], files: Sequence[int]) -> Mapping[str, Any]:
    seconds, megabytes = float(job["seconds"]), int(job["megabytes"])
    if job["kind"] == "program":
        return _ended(control, _program(files, seconds, megabytes), [], seconds)
    if job["kind"] == "tests":
        return _ended(control, _runner(files, seconds), [], seconds)
    code, tests, results = files
    to_program, from_suite = os.pipe()
    to_suite, from_program = os.pipe()
    served = _served([code, to_program, from_program], seconds, megabytes)
    runner = _runner([tests, from_suite, to_suite, results], seconds)
    for pipe in (to_program, from_suite, to_suite, from_program):
        os.close(pipe)
    return _ended(control, runner, [served], seconds)


def _program(files: Sequence[int], seconds: float, megabytes: int) -> int:
    def run() -> int:
        os.dup2(4, 0)
        os.dup2(5, 1)
        code = _text(3)
        os.closerange(3, 6)
        seal.seal(seconds=seconds, megabytes=megabytes)
        sys.stdin, sys.stdout = os.fdopen(0, "r", encoding="utf-8"), os.fdopen(1, "w", encoding="utf-8")
        return program.run_program(code)

    return _forked(run, files)


def _served(files: Sequence[int], seconds: float, megabytes: int) -> int:
    def run() -> int:
        code = _text(3)
        os.close(3)
        seal.seal(seconds=seconds, megabytes=megabytes)
        program.serve(code, os.fdopen(4, "rb"), os.fdopen(5, "wb"))
        return 0

    return _forked(run, files)


def _runner(files: Sequence[int], seconds: float) -> int:
    def run() -> int:
        tests = json.loads(_text(3))
        os.close(3)
        seal.seal(seconds=seconds, megabytes=SUITE_MEGABYTES)
        with os.fdopen(6, "wb") as results:
            suite.run_suite(tests, os.fdopen(4, "wb"), os.fdopen(5, "rb"), results)
        return 0

    return _forked(run, files)


def _forked(run: Callable[[], int], files: Sequence[int]) -> int:
    """Forks a process with only `files` open, as 3, 4, …, that exits with the status of `run`. Returns its id."""
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        seal.end_with_parent()
        os.setsid()
        _only(files)
        status = run()
    finally:
        os._exit(status)  # skips exit handlers of the fork server, and does not wait for the program's threads


def _only(files: Sequence[int]) -> None:
    high = [fcntl.fcntl(file, fcntl.F_DUPFD, 100) for file in files]
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    for number, file in enumerate(high, 3):
        os.dup2(file, number)
    os.closerange(3 + len(high), 1024)


def _text(file: int) -> str:
    parts = []
    while part := os.read(file, 1 << 20):
        parts.append(part)
    return b"".join(parts).decode()


def _ended(control: socket.socket, leader: int, others: Sequence[int], seconds: float) -> Mapping[str, Any]:
    """Waits for `leader`, the timeout, or a message or disconnect of the peer, then kills all processes."""
    watched = os.pidfd_open(leader)
    try:
        ready, _, _ = select.select([watched, control.fileno()], [], [], seconds)
    finally:
        os.close(watched)
    stopped = control.fileno() in ready
    if stopped:
        control.recv(CONTROL_BYTES)
    for child in (leader, *others):
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
    status = os.waitstatus_to_exitcode(os.waitpid(leader, 0)[1])
    for child in others:
        os.waitpid(child, 0)
    return {"status": status, "timed_out": not ready, "stopped": stopped}
