"""Groups rows, using at most 8 bytes of memory per row plus the group numbers."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import accumulate

_BUCKET_ROWS = 4096


class Grouping:
    """The rows of each group. `groups` holds one 64-bit digest per row."""

    def __init__(self, groups: Sequence[int]) -> None:
        self._order = _sorted_rows(groups)
        self._starts = array("I")
        before = None
        for at, number in enumerate(self._order):
            if groups[number] != before:
                before = groups[number]
                self._starts.append(at)
        self._starts.append(len(self._order))

    def __len__(self) -> int:
        return len(self._starts) - 1

    def __iter__(self) -> Iterator[array[int]]:
        """Yields the row numbers of each group, ordered by group number."""
        return map(self._rows, range(len(self)))

    def largest_first(self) -> Iterator[array[int]]:
        """Yields the row numbers of each group, largest first; equal sizes by group number."""
        sizes = Counter(map(self._size, range(len(self))))
        largest_first = sorted(sizes, reverse=True)
        place = dict(zip(largest_first, accumulate((sizes[size] for size in largest_first), initial=0), strict=False))
        order = array("I", bytes(4 * len(self)))
        for group in range(len(self)):
            size = self._size(group)
            order[place[size]] = group
            place[size] += 1
        return map(self._rows, order)

    def _size(self, group: int) -> int:
        return self._starts[group + 1] - self._starts[group]

    def _rows(self, group: int) -> array[int]:
        return self._order[self._starts[group] : self._starts[group + 1]]


def _sorted_rows(groups: Sequence[int]) -> array[int]:
    """Row numbers sorted by group, then by number."""
    bits = max(0, (len(groups) // _BUCKET_ROWS).bit_length())
    shift = 64 - bits
    sizes = Counter(group >> shift for group in groups)
    ends = list(accumulate(sizes[bucket] for bucket in range(1 << bits)))
    place = [0, *ends]
    order = array("I", bytes(4 * len(groups)))
    for number, group in enumerate(groups):
        bucket = group >> shift
        order[place[bucket]] = number
        place[bucket] += 1
    # Bucket by bucket, to limit the number of Python objects.
    for start, end in zip([0, *ends], ends, strict=False):
        order[start:end] = array("I", sorted(order[start:end], key=groups.__getitem__))
    return order
