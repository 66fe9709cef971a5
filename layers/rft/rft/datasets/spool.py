"""Rows in waiting: their bodies in a file, and in memory only where each lies, its group and its label."""

from __future__ import annotations

import os
from array import array
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable
from typing import BinaryIO

from rft.datasets.render import Rendered

_MASK = 2**32 - 1


class RowIndex:
    """Each row's group and label: 10 bytes of memory, 8 for its group's digest and 2 for its label's number.

    So a task has 65,536 labels at most.
    """

    def __init__(self) -> None:
        self._label_numbers: dict[str, int] = {}
        self.groups = array("Q")
        self.labels = array("H")

    def add(self, rendered: Rendered) -> None:
        """Append a batch of rows."""
        self.extend(rendered.groups, rendered.labels)

    def extend(self, groups: Iterable[int], labels: Iterable[str]) -> None:
        """Append rows by their groups and labels."""
        self.groups.extend(groups)
        for label in labels:
            self.labels.append(self._label_numbers.setdefault(label, len(self._label_numbers)))

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def label_names(self) -> tuple[str, ...]:
        """The labels, by the numbers in `labels`."""
        return tuple(self._label_numbers)

    def label_counts(self, numbers: Iterable[int]) -> dict[str, int]:
        """How many of these rows have each label, by name. Rows without a label count under none."""
        counts = Counter(self.labels[number] for number in numbers)
        named = {name: counts[at] for at, name in enumerate(self._label_numbers) if name and counts[at]}
        return dict(sorted(named.items()))


class RowSpool(RowIndex):
    """Append rows, then read any of them by number (the first is 0). The file must be open for reading and writing.

    A row's place takes 4 bytes of memory.
    """

    def __init__(self, file: BinaryIO) -> None:
        super().__init__()
        self._file = file
        self._starts = array("I", [0])
        self._end = 0
        self._wraps: list[int] = []

    def add(self, rendered: Rendered) -> None:
        """Append a batch of rows."""
        super().add(rendered)
        self._file.write(rendered.bodies)
        for length in rendered.lengths:
            self._advance(length)

    def bodies(self, numbers: Iterable[int]) -> list[bytes]:
        """Rows as they were added, by number."""
        self._file.flush()
        return [self._read(number) for number in numbers]

    def _advance(self, length: int) -> None:
        """Starts are kept modulo 2**32; `_wraps` has the first row after each wrap."""
        before, self._end = self._end, self._end + length
        self._starts.append(self._end & _MASK)
        if self._end >> 32 > before >> 32:
            self._wraps.append(len(self._starts) - 1)

    def _read(self, number: int) -> bytes:
        low = self._starts[number]
        start = (bisect_right(self._wraps, number) << 32) + low
        return os.pread(self._file.fileno(), (self._starts[number + 1] - low) & _MASK, start)
