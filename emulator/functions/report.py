"""What an invocation took, as Lambda reports it."""

from __future__ import annotations

import math
import os
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class ResourceUsage:
    """Seconds: `at` of a clock that never goes back; `processor` of a process and its children that have ended.

    `delayed` are those in which it was runnable and this machine was busy otherwise.
    """

    at: float
    processor: float = 0.0
    delayed: float = 0.0

    def since(self, earlier: ResourceUsage) -> ResourceUsage:
        """A process that has ended has no times but that of the clock."""
        return ResourceUsage(
            self.at - earlier.at,
            max(self.processor - earlier.processor, 0.0),
            max(self.delayed - earlier.delayed, 0.0),
        )


def resource_usage(pid: int) -> ResourceUsage:
    """Current values. What the system does not report is 0."""
    return ResourceUsage(time.monotonic(), processor_seconds(pid) + _of_ended_children(pid), _delay(pid))


def processor_seconds(pid: int) -> float:
    """Of all threads of a living process, by its processor clock (Linux: clock_getcpuclockid(3)); else 0."""
    with suppress(OSError):
        return time.clock_gettime((~pid << 3) | 2)
    return 0.0


def metrics(
    *, init: ResourceUsage | None, duration: ResourceUsage, memory: int, peak: int | None
) -> dict[str, float | int]:
    """`init` is that of a process whose first invocation this was; `memory` and `peak` are in MB.

    The names are Lambda's, except `processorMs` and `delayedMs`, which Lambda does not report and which include init.
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
    """Peak memory of a process, shared pages included; None where the system does not report it."""
    with suppress(OSError, StopIteration, ValueError):
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        return math.ceil(int(next(line for line in lines if line.startswith("VmHWM:")).split()[1]) / 1024)
    return None


def _of_ended_children(pid: int) -> float:
    """Seconds of the processor, to the tick of the system's clock (Linux: cutime and cstime of proc_pid_stat(5))."""
    with suppress(OSError, IndexError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")
    return 0.0


def _delay(pid: int) -> float:
    """Of its main thread (Linux: the second field of schedstat)."""
    with suppress(OSError, IndexError, ValueError):
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) / 1e9
    return 0.0


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 3)
