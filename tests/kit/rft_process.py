"""Runs `rft` as a separate process in its own session, so that leftover processes can be detected."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 600.0


@contextmanager
def rft_process(*arguments: str, patience: float = PATIENCE_SECONDS) -> Iterator[subprocess.Popen[str]]:
    """Start `rft` with pipes; its processes are killed on exit or after `patience` seconds."""
    process = subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", "rft_cli", *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(str(ROOT / part) for part in ("layers/rft", "cli", "."))},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    timer = threading.Timer(patience, _kill, [process.pid])
    timer.start()
    try:
        yield process
    finally:
        timer.cancel()
        _kill(process.pid)
        process.communicate()


def left_behind(process: subprocess.Popen[str]) -> list[str]:
    """Return command lines of processes that remain in an exited process's session, except zombies."""
    deadline = time.monotonic() + 5  # workers exit shortly after their pipe is closed
    while (remaining := list(_session(process.pid))) and time.monotonic() < deadline:
        time.sleep(0.05)
    return remaining


def _session(leader: int) -> Iterator[str]:
    listed = subprocess.run(
        ["ps", "-eo", "sess=,stat=,args="],  # noqa: S607
        capture_output=True,
        text=True,
        check=True,
    )
    for line in listed.stdout.splitlines():
        session, state, arguments = line.split(maxsplit=2)
        if int(session) == leader and not state.startswith("Z"):
            yield arguments


def _kill(leader: int) -> None:
    try:
        os.killpg(leader, signal.SIGKILL)
    except ProcessLookupError:
        return
