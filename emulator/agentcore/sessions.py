"""Sessions of the Code Interpreter: one interpreter process each, which keeps its state between calls."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from emulator.http.replies import AwsError

DEFAULT_SECONDS = 900
"""Default session timeout (AgentCore Developer Guide, "Session management")."""

_KERNEL = """
import contextlib, io, json, os, sys, time, traceback
calls, results = os.fdopen(os.dup(0), "r"), os.fdopen(os.dup(1), "w")
nothing = os.open(os.devnull, os.O_RDWR)
os.dup2(nothing, 0), os.dup2(nothing, 1), os.dup2(nothing, 2)
names = {"__name__": "__main__"}
for line in calls:
    out, err, started = io.StringIO(), io.StringIO(), time.monotonic()
    failed = False
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            exec(compile(json.loads(line), "<cell>", "exec"), names)
        except BaseException:
            failed = True
            traceback.print_exc()
    found = {"stdout": out.getvalue(), "stderr": err.getvalue(), "exitCode": int(failed)}
    print(json.dumps({**found, "executionTime": time.monotonic() - started}), file=results, flush=True)
"""


@dataclass
class CodeSession:
    """One interpreter process; calls to it are serialised."""

    interpreter: str
    process: subprocess.Popen[str]
    folder: tempfile.TemporaryDirectory[str]
    ends: float
    lock: threading.Lock = field(default_factory=threading.Lock)
    created: datetime = field(default_factory=lambda: datetime.now(UTC))

    def execute(self, code: str) -> Mapping[str, Any]:
        """Return `stdout`, `stderr`, `exitCode` and `executionTime`; exitCode is 1 if the interpreter has exited."""
        with self.lock, contextlib.suppress(OSError):
            if self.process.stdin and self.process.stdout:
                self.process.stdin.write(json.dumps(code) + "\n")
                self.process.stdin.flush()
                if line := self.process.stdout.readline():
                    found: Mapping[str, Any] = json.loads(line)
                    return found
        return {"stdout": "", "stderr": "The interpreter has exited.", "exitCode": 1, "executionTime": 0.0}

    def close(self) -> None:
        """Kill the interpreter and its child processes; on AWS, the session's machine is terminated."""
        for pid in (*_descendants(self.process.pid), self.process.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            with contextlib.suppress(OSError):
                stream.close()  # type: ignore[union-attr]
        self.folder.cleanup()


class CodeSessions:
    def __init__(self) -> None:
        self._sessions: dict[str, CodeSession] = {}
        self._tokens: dict[str, str] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._sessions)

    def start(self, interpreter: str, seconds: int | None, token: str | None) -> tuple[str, CodeSession]:
        """Start a session, or return the one started with the same client token."""
        with self._lock:
            known = self._tokens.get(token or "")
            if known in self._sessions:
                return known, self._sessions[known]
            session_id = secrets.token_hex(13)
            self._sessions[session_id] = _new_session(interpreter, seconds or DEFAULT_SECONDS)
            if token:
                self._tokens[token] = session_id
            return session_id, self._sessions[session_id]

    def find(self, interpreter: str, session_id: str | None) -> CodeSession:
        """Return a session. Raises AwsError if it is unknown, stopped or timed out."""
        session = self._sessions.get(session_id or "")
        if session and time.monotonic() > session.ends:
            self.stop(interpreter, session_id)
            session = None
        if session is None or session.interpreter != interpreter:
            raise AwsError("ResourceNotFoundException", 404, f"Session {session_id} not found.")
        return session

    def stop(self, interpreter: str, session_id: str | None) -> None:
        """Stop a session. Raises AwsError if it is unknown or already stopped."""
        with self._lock:
            session = self._sessions.pop(session_id or "", None)
        if session is None or session.interpreter != interpreter:
            raise AwsError("ResourceNotFoundException", 404, f"Session {session_id} not found.")
        session.close()

    def close(self) -> None:
        with self._lock:
            sessions, self._sessions = list(self._sessions.values()), {}
        for session in sessions:
            session.close()


def _descendants(pid: int) -> list[int]:
    parents: dict[int, int] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parents[int(path.parent.name)] = int(path.read_text().rpartition(")")[2].split()[1])
    found = [pid]
    for known in found:
        found += [child for child, parent in parents.items() if parent == known]
    return found[1:]


def _new_session(interpreter: str, seconds: int) -> CodeSession:
    folder = tempfile.TemporaryDirectory()
    process = subprocess.Popen(  # noqa: S603  what this process runs is what sessions are for
        [sys.executable, "-I", "-c", _KERNEL],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={},
        cwd=folder.name,
        start_new_session=True,
    )
    return CodeSession(interpreter, process, folder, time.monotonic() + seconds)
