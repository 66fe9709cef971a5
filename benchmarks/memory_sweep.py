"""What each function takes at several sizes of memory: seconds and dollars, in a new process and in a warm one.

`python -m benchmarks.memory_sweep 512 1024 1769` prints the table that sizes are chosen by (docs/cost.md). For each
size an emulated AWS is started, all of whose functions are limited to that size's share of a core
(tests/kit/cpu_limit.py) while every_function.py calls them. Times are those of
the REPORT that ends each invocation, as on AWS.
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
    """What a kind of invocation takes at a size: seconds that are billed, seconds of a core in them, and memory."""

    size: int
    seconds: float
    processor: float
    megabytes: int

    @classmethod
    def of(cls, invoked: Sequence[Invoked], size: int) -> Taken:
        """The median; of memory the maximum. Delays are not Lambda's; they are part of the stopped time."""
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
        """Seconds in which it neither computed nor was held, for want of an answer; less where threads do both."""
        return max(0.0, self.seconds - self.processor / min(share(self.size), 1.0))

    @property
    def usd(self) -> float:
        """Without the request, which costs the same at any size. Raises ValueError where the price is unknown."""
        if LIST_PRICES.lambda_gb_second is None:
            raise ValueError("the price table does not say what Lambda costs")
        return self.size / 1024 * self.seconds * LIST_PRICES.lambda_gb_second


def sweep(sizes: Mapping[str, int], data: Datasets) -> dict[Kind, Taken]:
    """All functions, each held to its size (logical id → MB)."""
    with Emulator.start(data.options) as aws, cpu_limited({snake(name): size for name, size in sizes.items()}):
        invoked = call_every_function(aws, data)
    return {kind: Taken.of(invoked[kind], sizes[kind[0]]) for kind in sorted(invoked)}


def main(sizes: Sequence[int]) -> None:
    """Rows are kinds of invocation; in each cell are seconds, and dollars for a million."""
    with datasets() as data:
        swept = [sweep(dict.fromkeys(FUNCTIONS, size), data) for size in sizes]
    print("| function | process | " + " | ".join(f"{size:,} MB" for size in sizes) + " | computes | waits | peak |")
    print("|---|---|" + "---|" * (len(sizes) + 3))
    for kind in swept[0]:
        print(_row(kind, [taken[kind] for taken in swept]))


def _row(kind: Kind, each: Sequence[Taken]) -> str:
    """What is waited for is that of the last size: the larger it is, the less is hidden by what it computes."""
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
