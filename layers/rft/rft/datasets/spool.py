"""Stores rendered rows on disk, and only the group and label of each in memory."""

from __future__ import annotations

import os
import struct
import tempfile
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import accumulate
from typing import BinaryIO, Self

from rft.datasets.render import Rendered

_PLACE = struct.Struct("=Q")
_BEGINNING_AND_END = struct.Struct("=QQ")


class RowIndex:
    """Each row's group and label: 10 bytes of memory (8 for the group's digest, 2 for the label's number).

    A task therefore has at most 65,536 labels.
    """

    def __init__(self) -> None:
        self._label_numbers: dict[str, int] = {}
        self.groups = array("Q")
        self.labels = array("H")

    def add(self, rendered: Rendered) -> None:
        self.extend(rendered.groups, rendered.labels)

    def extend(self, groups: Iterable[int], labels: Iterable[str]) -> None:
        self.groups.extend(groups)
        for label in labels:
            self.labels.append(self._label_numbers.setdefault(label, len(self._label_numbers)))

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def label_names(self) -> tuple[str, ...]:
        """Label names, indexed by the numbers in `labels`."""
        return tuple(self._label_numbers)

    def label_counts(self, numbers: Iterable[int]) -> dict[str, int]:
        """Rows by label name; rows without a label are not counted."""
        counts = Counter(self.labels[number] for number in numbers)
        named = {name: counts[at] for at, name in enumerate(self._label_numbers) if name and counts[at]}
        return dict(sorted(named.items()))


class RowSpool(RowIndex):
    """Append-only storage of rows with random access by number, from 0.

    `bodies` holds them concatenated, `places` their offsets: two files that are open for reading and writing.
    """

    @classmethod
    @contextmanager
    def temporary(cls) -> Iterator[Self]:
        """Uses temporary files, which are always deleted."""
        with tempfile.TemporaryFile() as bodies, tempfile.TemporaryFile() as places:
            yield cls(bodies, places)

    def __init__(self, bodies: BinaryIO, places: BinaryIO) -> None:
        super().__init__()
        self._bodies, self._places = bodies, places
        self._end = 0
        self._places.write(_PLACE.pack(0))

    def add(self, rendered: Rendered) -> None:
        super().add(rendered)
        self._bodies.write(rendered.bodies)
        *_, self._end = ends = tuple(accumulate(rendered.lengths, initial=self._end))
        self._places.write(array("Q", ends[1:]).tobytes())

    def bodies(self, numbers: Iterable[int]) -> list[bytes]:
        self._bodies.flush()
        self._places.flush()
        return [self._read(number) for number in numbers]

    def _read(self, number: int) -> bytes:
        places = os.pread(self._places.fileno(), 2 * _PLACE.size, number * _PLACE.size)
        start, end = _BEGINNING_AND_END.unpack(places)
        return os.pread(self._bodies.fileno(), end - start, start)
