"""Limits the processes of emulated functions to the CPU share that Lambda allocates for their memory.

A separate process, so that it is scheduled in time. Every TICK it reads the CPU time of each function's process group,
pauses the group (SIGSTOP) while it exceeds its share, and resumes it (SIGCONT) afterwards. This is equivalent to the
kernel's CPU quota; as there, an unused share expires after one PERIOD.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from emulator.functions.report import processor_seconds
from tests.kit.processes import children

TICK = 0.004
PERIOD = 0.02
SAMPLE_SECONDS = 0.01
"""Seconds between two scans for new and exited processes."""

FULL_CORE = 1769
"""MB of memory per core; CPU is proportional to memory (AWS Lambda Developer Guide, "Memory")."""


def share(megabytes: int) -> float:
    """Return the number of cores."""
    return megabytes / FULL_CORE


@contextmanager
def cpu_limited(sizes: Mapping[str, int]) -> Iterator[None]:
    """Limit the child processes of this process until exit. `sizes`: function's folder → MB."""
    command = [sys.executable, "-m", "tests.kit.cpu_limit", str(os.getpid()), json.dumps(sizes)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, env=environment) as holder:  # noqa: S603  our own code
        assert holder.stdin
        assert holder.stdout
        if not holder.stdout.readline():
            raise RuntimeError("the CPU limiter did not start: see the error above")
        try:
            yield
        finally:
            holder.stdin.close()


class Group:
    """The processes of one execution environment."""

    def __init__(self, pid: int, share: float) -> None:
        self._pid, self._share = pid, share
        self._used = {pid: 0.0}
        self._credit, self._at = 0.0, time.monotonic()
        self._stopped = False

    @property
    def alive(self) -> bool:
        return Path(f"/proc/{self._pid}").exists()

    def measure(self) -> None:
        """Find newly forked child processes; functions fork from their main thread only."""
        with suppress(OSError):
            for child in Path(f"/proc/{self._pid}/task/{self._pid}/children").read_text().split():
                self._used.setdefault(int(child), 0.0)

    def tick(self) -> None:
        """Compare CPU time used since the last tick with the share; exited processes keep their last value."""
        before, now = sum(self._used.values()), time.monotonic()
        for pid, used in self._used.items():
            self._used[pid] = max(used, processor_seconds(pid))
        due = self._credit + self._share * (now - self._at)
        self._credit = min(due, self._share * PERIOD) - (sum(self._used.values()) - before)
        self._at = now
        if self._stopped != (self._credit < 0):
            self._stopped = not self._stopped
            self._signal(signal.SIGSTOP if self._stopped else signal.SIGCONT)

    def release(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: int) -> None:
        for pid in self._used:
            with suppress(ProcessLookupError):
                os.kill(pid, number)


def hold(parent: int, shares: Mapping[str, float]) -> None:
    """Limit the groups until standard input is closed."""
    groups: dict[int, Group] = {}
    measured_at = 0.0
    print("holding", flush=True)  # noqa: T201  the caller waits for this line
    try:
        while not select.select([sys.stdin], [], [], TICK)[0]:
            if time.monotonic() - measured_at > SAMPLE_SECONDS:
                measured_at = time.monotonic()
                _measure(groups, parent, shares)
            for group in groups.values():
                group.tick()
    finally:
        for group in groups.values():
            group.release()


def _measure(groups: dict[int, Group], parent: int, shares: Mapping[str, float]) -> None:
    for gone in [pid for pid, group in groups.items() if not group.alive]:
        del groups[gone]
    for pid in children(parent) - groups.keys():
        with suppress(OSError):
            function = Path(f"/proc/{pid}/cwd").readlink().name
            if function in shares:
                groups[pid] = Group(pid, shares[function])
    for group in groups.values():
        group.measure()


if __name__ == "__main__":
    hold(int(sys.argv[1]), {name: share(size) for name, size in json.loads(sys.argv[2]).items()})
