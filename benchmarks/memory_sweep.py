"""Seconds and dollars of each function at several memory sizes, for cold and warm invocations.

`python -m benchmarks.memory_sweep 512 1024 1769` prints the table that sizes are chosen by (docs/cost.md). For each
size, every_function.py runs on an emulated AWS whose functions are limited to that size's share of a core
(tests/kit/cpu_limit.py). Times are those of the invocation's REPORT, as on AWS.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.every_function import Datasets, Invoked, Kind, call_every_function, datasets
from emulator import Emulator
from rft.forecast.prices import LIST_PRICES
from tests.kit.cpu_limit import cpu_limited, share
from tests.kit.project import FUNCTIONS, snake

SIZES = (256, 512, 1024, 1769, 3538)


@dataclass(frozen=True)
class Taken:
    """Usage of a kind of invocation at a memory size (MB): billed seconds, CPU seconds and peak memory."""

    size: int
    seconds: float
    processor: float
    megabytes: int

    @classmethod
    def of(cls, invoked: Sequence[Invoked], size: int) -> Taken:
        """Aggregate: medians, and the maximum of memory. Delays by other processes are subtracted from the duration."""
        return cls(
            size=size,
            seconds=statistics.median(
                max(each.billed - each.delayed, each.processor / share(size)) for each in invoked
            ),
            processor=statistics.median(each.processor for each in invoked),
            megabytes=max(each.megabytes for each in invoked),
        )

    @property
    def waited(self) -> float:
        """Seconds spent waiting for responses; an underestimate if threads compute meanwhile."""
        return max(0.0, self.seconds - self.processor / min(share(self.size), 1.0))

    @property
    def usd(self) -> float:
        """Price without the request fee, which does not depend on the size. Raises ValueError if it is unknown."""
        if LIST_PRICES.lambda_gb_second is None:
            raise ValueError("the price table has no price for Lambda")
        return self.size / 1024 * self.seconds * LIST_PRICES.lambda_gb_second


def sweep(sizes: Mapping[str, int], data: Datasets) -> dict[Kind, Taken]:
    """Measure all functions, each limited to its size (logical id → MB)."""
    with Emulator.start(data.options) as aws, cpu_limited({snake(name): size for name, size in sizes.items()}):
        invoked = call_every_function(aws, data)
    return {kind: Taken.of(invoked[kind], sizes[kind[0]]) for kind in sorted(invoked)}


def main(sizes: Sequence[int]) -> None:
    """Print a table: one row per kind of invocation, with seconds, and dollars per million invocations, per size."""
    with datasets() as data:
        swept = [sweep(dict.fromkeys(FUNCTIONS, size), data) for size in sizes]
    print("| function | process | " + " | ".join(f"{size:,} MB" for size in sizes) + " | computes | waits | peak |")
    print("|---|---|" + "---|" * (len(sizes) + 3))
    for kind in swept[0]:
        print(_row(kind, [taken[kind] for taken in swept]))


def _row(kind: Kind, each: Sequence[Taken]) -> str:
    """Format a row; the waiting time is that of the last size, at which computation overlaps it least."""
    name, new = kind
    cells = [
        name,
        "new" if new else "warm",
        *(f"{taken.seconds:.2f} s, {taken.usd * 1e6:.1f} USD" for taken in each),
        f"{statistics.median(taken.processor for taken in each):.2f} s",
        f"{each[-1].waited:.2f} s",
        f"{max(taken.megabytes for taken in each)} MB",
    ]
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or SIZES)
