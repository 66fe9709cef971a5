"""Rows in waiting: their bodies in a file, and in memory only where each lies, its group and its label."""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterable
from typing import BinaryIO

from rft.datasets.render import Rendered


class RowSpool:
    """Append rows, then read any of them by number (the first is 0). The file must be open for reading and writing.

    A row takes 18 bytes of memory: 8 for its place, 8 for its group's digest, 2 for its label's number (a task has
    65,536 labels at most).
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._ends = array("Q", [0])
        self._label_numbers: dict[str, int] = {}
        self.groups = array("Q")
        self.labels = array("H")

    def add(self, rendered: Rendered) -> None:
        """Append a batch of rows."""
        self._file.write(rendered.bodies)
        end = self._ends[-1]
        for length in rendered.lengths:
            end += length
            self._ends.append(end)
        self.groups.extend(rendered.groups)
        for label in rendered.labels:
            self.labels.append(self._label_numbers.setdefault(label, len(self._label_numbers)))

    def __len__(self) -> int:
        return len(self.labels)

    def bodies(self, numbers: Iterable[int]) -> list[bytes]:
        """Rows as they were added, by number."""
        self._file.flush()
        file, ends = self._file.fileno(), self._ends
        return [os.pread(file, ends[number + 1] - ends[number], ends[number]) for number in numbers]

    @property
    def label_names(self) -> tuple[str, ...]:
        """The labels, by the numbers in `labels`."""
        return tuple(self._label_numbers)
