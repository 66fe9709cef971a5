"""Rows in waiting: their bytes in a file, and in memory only where each lies, its group and its label."""

from __future__ import annotations

import hashlib
from array import array
from typing import BinaryIO


class RowSpool:
    """Append rows, then read any of them by number (the first is 0). The file must be open for reading and writing."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._ends = array("Q", [0])
        self._group_numbers: dict[bytes, int] = {}
        self._label_numbers: dict[str, int] = {}
        self.groups = array("L")
        self.labels = array("L")

    def add(self, line: bytes, *, group: str, label: str) -> None:
        """Append one row. `line` has its line end."""
        self._file.write(line)
        self._ends.append(self._ends[-1] + len(line))
        digest = hashlib.blake2b(group.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        self.groups.append(self._group_numbers.setdefault(digest, len(self._group_numbers)))
        self.labels.append(self._label_numbers.setdefault(label, len(self._label_numbers)))

    def __len__(self) -> int:
        return len(self.groups)

    def line(self, number: int) -> bytes:
        """One row as it was added."""
        self._file.seek(self._ends[number])
        return self._file.read(self._ends[number + 1] - self._ends[number])

    @property
    def label_names(self) -> tuple[str, ...]:
        """The labels, by the numbers in `labels`."""
        return tuple(self._label_numbers)

    @property
    def group_digests(self) -> tuple[bytes, ...]:
        """A digest of each group's key, by the numbers in `groups`."""
        return tuple(self._group_numbers)
