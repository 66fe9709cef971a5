"""## Memory of the functions

The most that a process of each function ever held in a whole run on the emulated AWS, against its MemorySize in
template.yaml. Lambda gives processor time with memory, a core for each 1,769 MB, so that most sizes are chosen for
speed (docs/cost.md); what is held to a bound here is that half of each stays free. Linux counts the pages that
processes share with each of them.
"""

from __future__ import annotations

import os
from pathlib import Path

from benchmarks.emulated import run
from benchmarks.ratios import Ratio, cost
from emulator import Emulator, EmulatorOptions
from tests.project import FUNCTIONS, snake

SIZES = {snake(name): int(properties["MemorySize"]) for name, properties in FUNCTIONS.items()}
"""Function's folder → megabytes."""


def measure() -> list[Ratio]:
    """Functions that took part in one run of the sample."""
    with Emulator.start(EmulatorOptions(speed=600, training_seconds=1, max_steps=4)) as aws:
        run(aws, "memory")
        peaks = _peaks()
    return [
        cost(f"{name}: peak memory against {SIZES[name]:,} MB", ours=peak, baseline=SIZES[name], bound=0.5, unit="MB")
        for name, peak in sorted(peaks.items())
    ]


def _peaks() -> dict[str, float]:
    """Function's folder → the most megabytes of its processes, which are children of this one and run there."""
    peaks: dict[str, float] = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            status = dict(line.split(":", 1) for line in (process / "status").read_text().splitlines())
            name = (process / "cwd").readlink().name
        except OSError:
            continue
        if int(status["PPid"]) == os.getpid() and name in SIZES:
            peaks[name] = max(peaks.get(name, 0.0), int(status["VmHWM"].split()[0]) / 1024)
    return peaks
