"""Implements the port CodeSandbox with Bedrock AgentCore's Code Interpreter: one session per answer, tests run here.

A session is an isolated virtual machine, stopped after its sample. It receives the answer and the requests of the
tests, but no tests and no expected values: those remain in a sealed process of this function, as with `processes`.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import uuid
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from rft.adapters.aws_errors import QUOTA_CODES, THROTTLING_CODES, translated
from rft.adapters.sandbox.results import exchange_reason, most_output, suite_results, suite_text
from rft.adapters.sandbox.servers import ForkServer, ForkServers, pipe, text_file
from rft.contracts.graders.code_tests import CaseResult, CodeTests
from rft.errors import DeadlineExceeded, RetryableServiceError, SandboxUnavailable

SESSION_SPARE_SECONDS = 120
MAX_SESSION_SECONDS = 28_800
"""Maximum session timeout in seconds, the service's limit (8 hours). It ends sessions that could not be stopped."""

ROUND_TRIP_SECONDS = 60.0
"""Seconds allowed for a suite's API calls, in addition to the program's time, which the session measures."""

READ_SECONDS = 75
"""Read timeout of the client in seconds; a call includes up to 60 s of the program's time."""

_REFUSALS = ("AccessDeniedException", "ConflictException", "ResourceNotFoundException", "ValidationException")
_ERRORS = dict.fromkeys((*_REFUSALS, *THROTTLING_CODES, *QUOTA_CODES), SandboxUnavailable)


class CodeInterpreterSandbox:
    """Uses one session per sample. `client`: a boto3 client of bedrock-agentcore with read timeout READ_SECONDS."""

    def __init__(self, client: Any, *, interpreter: str) -> None:
        """`interpreter`: ARN or id of a code interpreter. Raises SandboxUnavailable, see ForkServers."""
        self._client, self._interpreter = client, interpreter.rpartition("/")[2]
        self._servers = ForkServers()
        self.close = self._servers.close

    def test(self, program: str, tests: CodeTests, *, remaining: Callable[[], float]) -> list[CaseResult]:
        """See CodeSandbox.test."""
        if remaining() <= 0:
            raise DeadlineExceeded("the batch's time was up before code ran")
        with self._session(program, tests, remaining()) as session:
            if tests.exchanges:
                return list(_exchanges(session, tests, remaining))
            with self._servers.one() as server:
                return list(_suite(server, session, tests, remaining()))

    @contextlib.contextmanager
    def _session(self, program: str, tests: CodeTests, seconds: float) -> Iterator[_Session]:
        limit = min(MAX_SESSION_SECONDS, math.ceil(seconds) + SESSION_SPARE_SECONDS)
        with _errors():
            started = self._client.start_code_interpreter_session(
                codeInterpreterIdentifier=self._interpreter,
                name="rft-code",
                sessionTimeoutSeconds=limit,
                clientToken=str(uuid.uuid4()),
            )
        try:
            yield _Session(self._client, self._interpreter, started["sessionId"], program, tests)
        finally:
            with contextlib.suppress(SandboxUnavailable), _errors():  # the session's timeout ends it anyway
                self._client.stop_code_interpreter_session(
                    codeInterpreterIdentifier=self._interpreter, sessionId=started["sessionId"]
                )


class _Session:
    """Calls methods of `session.Session` in the remote session."""

    def __init__(self, client: Any, interpreter: str, session_id: str, program: str, tests: CodeTests) -> None:
        self._client, self._interpreter, self._id = client, interpreter, session_id
        self._calls = 0
        arguments = (_modules(), program, tests.seconds, tests.memory_mb)
        self._prefix = f"{_source('session.py')}\nrft_session = Session(*{arguments!r})\n"

    def call(self, method: str, *arguments: object) -> Mapping[str, Any]:
        """Returns `output`, `timed_out` and `status`. Raises SandboxUnavailable for an error or an invalid response."""
        code = f"{self._prefix}rft_session.{method}(*{(self._calls, *arguments)!r})"
        self._prefix, self._calls = "", self._calls + 1
        with _errors():
            reply = self._client.invoke_code_interpreter(
                codeInterpreterIdentifier=self._interpreter,
                sessionId=self._id,
                name="executeCode",
                arguments={"language": "python", "code": code},
            )
            results = [event["result"] for event in reply["stream"] if "result" in event]
        return _read(results)


def _read(results: list[dict[str, Any]]) -> Mapping[str, Any]:
    """Parses the last printed line. Raises SandboxUnavailable."""
    printed = "".join(_printed(result) for result in results)
    line = printed.strip().rpartition("\n")[2]
    try:
        reply = json.loads(line)
        return {
            "output": str(reply["output"]),
            "timed_out": bool(reply["timed_out"]),
            "status": None if reply["status"] is None else int(reply["status"]),
        }
    except (ValueError, TypeError, KeyError) as error:
        failed = any(result.get("isError") for result in results)
        raise SandboxUnavailable(
            f"the code interpreter's session {'failed' if failed else 'gave no reply'}: {line[:100]}"
        ) from error


def _printed(result: Mapping[str, Any]) -> str:
    structured = result.get("structuredContent", {}).get("stdout")
    if structured is not None:
        return str(structured)
    return "".join(block.get("text", "") for block in result.get("content", ()) if block.get("type") == "text")


@contextlib.contextmanager
def _errors() -> Iterator[None]:
    """Maps errors of the service to SandboxUnavailable, so that they are not attributed to the answer."""
    try:
        with translated(_ERRORS, about="code interpreter"):
            yield
    except RetryableServiceError as error:
        raise SandboxUnavailable(str(error)) from error


def _suite(server: ForkServer, session: _Session, tests: CodeTests, remaining: float) -> list[CaseResult]:
    loaded = session.call("load")
    if loaded["timed_out"]:
        return list(suite_results(b"", tests, missing="timed out"))
    seconds = min(tests.seconds + ROUND_TRIP_SECONDS, remaining)
    with (
        text_file(suite_text(tests)) as suite,
        pipe() as (results, results_in),
        pipe() as (requests, requests_in),
        pipe() as (replies, replies_in),
    ):
        server.start("tests", seconds, 0, [suite, requests_in.file, replies.file, results_in.file])
        for end in (requests_in, replies, results_in):
            end.close()
        timed_out = _served(session, requests.file, replies_in.file, loaded["output"])
        if timed_out:
            server.stop()
        replies_in.close()
        ended, written = server.end(seconds), results.all(1 << 20)
    if ended["timed_out"] and remaining < tests.seconds + ROUND_TRIP_SECONDS:
        raise DeadlineExceeded("the batch's time was up while code ran")
    missing = "timed out" if timed_out or ended["timed_out"] else "the tests' process ended early"
    return list(suite_results(written, tests, missing=missing))


def _served(session: _Session, requests: int, replies: int, reply: str) -> bool:
    """Forwards requests and replies between tests and answer until either ends. Returns whether it timed out."""
    with os.fdopen(requests, "rb", closefd=False) as lines:
        while reply.endswith("\n"):
            with contextlib.suppress(BrokenPipeError):
                _write(replies, reply.encode())
            line = lines.readline()
            if not line:
                return False
            answered = session.call("exchange", line.decode())
            if answered["timed_out"]:
                return True
            reply = answered["output"]
    return False


def _write(file: int, data: bytes) -> None:
    pending = memoryview(data)
    while pending:
        pending = pending[os.write(file, pending) :]


def _exchanges(session: _Session, tests: CodeTests, remaining: Callable[[], float]) -> Iterator[CaseResult]:
    timed_out = False
    for exchange in tests.exchanges:
        if timed_out:
            yield CaseResult(passed=False, reason="not run: an earlier one timed out")
            continue
        if remaining() < tests.seconds:
            raise DeadlineExceeded("the batch's time was up before code ran")
        most = most_output(exchange)
        end = session.call("run", exchange.stdin, most)
        timed_out = end["timed_out"]
        reason = exchange_reason({**end, "stopped": end["status"] is None}, end["output"], exchange)
        yield CaseResult(passed=not reason, reason=reason)


@cache
def _source(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


@cache
def _modules() -> dict[str, str]:
    return {name: _source(name) for name in ("wire.py", "program.py")}
