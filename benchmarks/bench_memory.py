"""## Memory of the functions

Lambda gives processor time with memory, a core for each 1,769 MB, and bills memory by the second. Here each function is
held to what its MemorySize in template.yaml gives it, then to what half of it, from 256 MB on, and double it would give
(every_function.py, held.py): ratios of seconds, and of dollars at list prices, say what another size would change. A
function is taken in a new process where that is how it is mostly called; the API, whose caller waits, both ways. Init
is held as all else, and billed, as on AWS since August 2025. Waiting is for the emulator's services, and for a judge of
0.3 s. This machine's core is not Lambda's; what else runs on it is left out as far as the kernel tells. Sizes that have
more cores than this machine are not tried.

The peak is the most that a process of the function ever held, what it shares with others included; half of the size
stays free.
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
"""No function's memory stays half free with less."""

WARM = {name for name in FUNCTIONS if name.startswith("Grade")} | {"IndexShard", "WriteShard"}
"""Called again and again; all others once in a run, or more seldom than a process lasts."""
KINDS: tuple[Kind, ...] = (*((name, name not in WARM) for name in sorted(FUNCTIONS)), ("Api", False))


def measure() -> list[Ratio]:
    """Only memory has a bound."""
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
    """None where this machine has not the cores, or there is no such size."""
    if ours.size == other.size or share(max(ours.size, other.size)) > len(os.sched_getaffinity(0)):
        return
    name, new = kind
    what = f"{name}, {'new' if new else 'warm'}, {ours.size:,} MB against {other.size:,}"
    yield cost(f"{what}: time", ours=ours.seconds, baseline=other.seconds)
    yield cost(f"{what}: dollars for a million", ours=ours.usd * 1e6, baseline=other.usd * 1e6, unit="USD")
