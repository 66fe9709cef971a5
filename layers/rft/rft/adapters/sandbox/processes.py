"""Implements the port CodeSandbox with sealed processes of this function, forked from a server without data.

Tests run in a process that the answer's process cannot access; output is compared in this process. docs/decisions
describes the limits of this protection.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from rft.adapters.sandbox.results import exchange_reason, most_output, suite_results, suite_text
from rft.adapters.sandbox.servers import ForkServer, ForkServers, pipe, text_file
from rft.contracts.graders.code_tests import CaseResult, CodeTests, Exchange
from rft.errors import DeadlineExceeded


class ProcessSandbox:
    """Runs answer and tests in separate processes of one fork server."""

    def __init__(self) -> None:
        """Raises SandboxUnavailable if the platform does not support it."""
        self._servers = ForkServers()
        self.close = self._servers.close

    def test(self, program: str, tests: CodeTests, *, remaining: Callable[[], float]) -> Sequence[CaseResult]:
        """See CodeSandbox.test."""
        with self._servers.one() as server, text_file(program) as code:
            if tests.tests:
                return _suite(server, code, tests, remaining)
            return list(_exchanges(server, code, tests, remaining))


def _suite(server: ForkServer, code: int, tests: CodeTests, remaining: Callable[[], float]) -> Sequence[CaseResult]:
    with text_file(suite_text(tests)) as suite, pipe() as (reader, writer):
        seconds = min(tests.seconds, remaining())
        server.start("suite", seconds, tests.memory_mb, [code, suite, writer.file])
        writer.close()
        end = server.end(seconds)
        written = reader.all(1 << 20)
    _check_time(end, seconds, tests.seconds)
    return suite_results(written, tests, missing="timed out" if end["timed_out"] else "the tests' process ended early")


def _exchanges(server: ForkServer, code: int, tests: CodeTests, remaining: Callable[[], float]) -> Iterator[CaseResult]:
    timed_out = False
    for exchange in tests.exchanges:
        if timed_out:
            yield CaseResult(passed=False, reason="not run: an earlier one timed out")
            continue
        seconds = min(tests.seconds, remaining())
        output, end = _exchange(server, code, exchange, seconds, tests.memory_mb)
        _check_time(end, seconds, tests.seconds)
        timed_out = end["timed_out"]
        reason = exchange_reason(end, output.decode(errors="replace"), exchange)
        yield CaseResult(passed=not reason, reason=reason)


def _exchange(
    server: ForkServer, code: int, exchange: Exchange, seconds: float, megabytes: int
) -> tuple[bytes, Mapping[str, Any]]:
    os.lseek(code, 0, os.SEEK_SET)
    most = most_output(exchange)
    with text_file(exchange.stdin) as stdin, pipe() as (reader, writer):
        server.start("program", seconds, megabytes, [code, stdin, writer.file])
        writer.close()
        output = reader.until(server.control, most)
        if len(output) > most:
            server.stop()
        return output, server.end(seconds)


def _check_time(end: Mapping[str, Any], given: float, due: float) -> None:
    if end["timed_out"] and given < due:
        raise DeadlineExceeded("the batch's time was up while code ran")
