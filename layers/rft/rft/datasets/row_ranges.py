"""Divides the rows of the three split files evenly among the functions that write them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rft.contracts.dataset import SplitName
from rft.datasets.split import NAMES


@dataclass(frozen=True)
class RowRange:
    """Rows `start` to `end` of a split's file, written by one part."""

    part: int
    split: SplitName
    start: int
    end: int

    @property
    def name(self) -> str:
        return f"{self.split}-{self.part:04d}.jsonl"


def row_ranges(rows: Mapping[SplitName, int], parts: int) -> Iterator[RowRange]:
    """Divides the concatenation of the three files into parts of equal row counts, in order."""
    total = sum(rows.values())
    cuts = [total * part // parts for part in range(parts + 1)]
    offset = 0
    for split in NAMES:
        for part in range(parts):
            start, end = max(cuts[part], offset), min(cuts[part + 1], offset + rows[split])
            if start < end:
                yield RowRange(part, split, start - offset, end - offset)
        offset += rows[split]
