"""## Memory of the functions

Lambda allocates CPU in proportion to memory, one core per 1,769 MB, and bills memory by the second. Each function is
limited to the CPU share of its MemorySize in template.yaml, then to that of half (min 256 MB) and double the size
(every_function.py, memory_sweep.py). Ratios of seconds, and of dollars at list prices, show the effect of another size.
Functions that are mostly called cold are measured in a new process, the API in both a new and a warm one. Init is
limited and billed like the handler, as on AWS since August 2025. Waiting time is that of the emulator's services and a
judge of 0.3 s. This machine's cores differ from Lambda's; delays by other processes are subtracted as far as the kernel
reports them. Sizes with more cores than this machine has are skipped.

The peak is the maximum memory of a process of the function, including shared pages; at most half of the size may be
used.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from benchmarks.every_function import Kind, datasets
from benchmarks.memory_sweep import Taken, sweep
from benchmarks.ratios import Ratio, cost
from tests.kit.cpu_limit import share
from tests.kit.project import FUNCTIONS

SIZES = {name: int(properties["MemorySize"]) for name, properties in FUNCTIONS.items()}
"""Function's logical id → MB."""

LEAST = 256
"""Smallest MemorySize in MB at which half of the memory stays free."""

WARM = {name for name in FUNCTIONS if name.startswith("Grade")} | {"IndexShard", "WriteShard"}
"""Functions that are mostly called warm; all others are called too rarely for a process to be reused."""
KINDS: tuple[Kind, ...] = (*((name, name not in WARM) for name in sorted(FUNCTIONS)), ("Api", False))


def measure() -> list[Ratio]:
    """Measure all functions; only peak memory has a bound."""
    with datasets() as data:
        ours = sweep(SIZES, data)
        half = sweep({name: max(size // 2, LEAST) for name, size in SIZES.items()}, data)
        double = sweep({name: size * 2 for name, size in SIZES.items()}, data)
    return [
        *_peaks(ours),
        *(ratio for kind in KINDS for other in (half, double) for ratio in _against(kind, ours[kind], other[kind])),
    ]


def _peaks(ours: dict[Kind, Taken]) -> Iterator[Ratio]:
    for name, size in sorted(SIZES.items()):
        peak = max(taken.megabytes for (known, _), taken in ours.items() if known == name)
        yield cost(f"{name}: peak memory against {size:,} MB", ours=peak, baseline=size, bound=0.5, unit="MB")


def _against(kind: Kind, ours: Taken, other: Taken) -> Iterator[Ratio]:
    """Yield the ratios to another size; yields none if the size was skipped."""
    if ours.size == other.size or share(max(ours.size, other.size)) > len(os.sched_getaffinity(0)):
        return
    name, new = kind
    what = f"{name}, {'new' if new else 'warm'}, {ours.size:,} MB against {other.size:,}"
    yield cost(f"{what}: time", ours=ours.seconds, baseline=other.seconds)
    yield cost(f"{what}: dollars for a million", ours=ours.usd * 1e6, baseline=other.usd * 1e6, unit="USD")
