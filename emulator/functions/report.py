"""Duration and memory metrics of an invocation, as in Lambda's REPORT."""

from __future__ import annotations

import math
import os
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class ResourceUsage:
    """Usage in seconds: `at` is monotonic time, `processor` the CPU time of a process and its ended children.

    `delayed` is the time the process was runnable but waited for a CPU.
    """

    at: float
    processor: float = 0.0
    delayed: float = 0.0

    def since(self, earlier: ResourceUsage) -> ResourceUsage:
        """Return the difference to an earlier value. For an exited process, only `at` is meaningful; the rest is 0."""
        return ResourceUsage(
            self.at - earlier.at,
            max(self.processor - earlier.processor, 0.0),
            max(self.delayed - earlier.delayed, 0.0),
        )


def resource_usage(pid: int) -> ResourceUsage:
    """Return a process's current usage; values that the system does not report are 0."""
    return ResourceUsage(time.monotonic(), processor_seconds(pid) + _of_ended_children(pid), _delay(pid))


def processor_seconds(pid: int) -> float:
    """Return the CPU time of all threads of a running process (Linux: clock_getcpuclockid(3)); else 0."""
    with suppress(OSError):
        return time.clock_gettime((~pid << 3) | 2)
    return 0.0


def metrics(
    *, init: ResourceUsage | None, duration: ResourceUsage, memory: int, peak: int | None
) -> dict[str, float | int]:
    """Return the metrics of an invocation. `init` is given for a cold start; `memory` and `peak` are in MB.

    Names are Lambda's, except `processorMs` and `delayedMs`, which Lambda does not report and which include init.
    """
    known = [duration, *([init] if init else [])]
    found = {
        "durationMs": _milliseconds(duration.at),
        "billedDurationMs": math.ceil(1000 * sum(each.at for each in known)),
        "memorySizeMB": memory,
        "maxMemoryUsedMB": peak,
        "initDurationMs": _milliseconds(init.at) if init else None,
        "processorMs": _milliseconds(sum(each.processor for each in known)),
        "delayedMs": _milliseconds(sum(each.delayed for each in known)),
    }
    return {name: value for name, value in found.items() if value is not None}


def peak_megabytes(pid: int) -> int | None:
    """Return the peak memory of a process in MB, including shared pages; None if the system does not report it."""
    with suppress(OSError, StopIteration, ValueError):
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        return math.ceil(int(next(line for line in lines if line.startswith("VmHWM:")).split()[1]) / 1024)
    return None


def _of_ended_children(pid: int) -> float:
    """Return the CPU seconds of ended children, in clock ticks (Linux: cutime and cstime of proc_pid_stat(5))."""
    with suppress(OSError, IndexError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")
    return 0.0


def _delay(pid: int) -> float:
    """Return the run-queue delay of the main thread in seconds (Linux: the second field of schedstat)."""
    with suppress(OSError, IndexError, ValueError):
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) / 1e9
    return 0.0


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 3)
