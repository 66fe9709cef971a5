"""Finds prompts that are the same, or nearly, in one pass: MinHash with one permutation, and buckets of its bands.

Near: words that two prompts share, in runs of SHINGLE, are at least NEAR of all that either has (Jaccard), as
estimated from SLOTS minima (standard error 0.05 there). Runs that most prompts have are the task's own wording and do
not count. Sources: Broder 1997; Li, Owen, Zhang 2012 (one permutation); Shrivastava, Li 2014 (empty slots by rotation).
"""

from __future__ import annotations

import zlib
from array import array
from collections import Counter
from collections.abc import Iterable, Set

SHINGLE = 3  # shingles() takes three by three
SLOTS = 64
BANDS = 16
NEAR = 0.8
COMMON_SHARE = 0.5
_EMPTY = 2**32 - 1


def common(prompts: Iterable[str]) -> frozenset[int]:
    """Shingles of more than half of these prompts."""
    counts, prompts = Counter[int](), list(prompts)
    for prompt in prompts:
        counts.update(shingles(prompt))
    return frozenset(each for each, count in counts.items() if count > COMMON_SHARE * len(prompts))


def shingles(prompt: str) -> set[int]:
    """Runs of words by a 32-bit digest; a shorter prompt is one."""
    words = prompt.casefold().split()
    if len(words) <= SHINGLE:
        return {_crc32(" ".join(words))}
    one = list(map(_crc32, words))
    return {(a * 0x85EBCA6B + b * 0xC2B2AE35 + c) & _EMPTY for a, b, c in zip(one, one[1:], one[2:], strict=False)}


def _crc32(text: str) -> int:
    return zlib.crc32(text.encode("utf-8", "surrogatepass"))


def signature(found: Set[int]) -> array[int] | None:
    """SLOTS minima; None where nothing is left to compare."""
    if not found:
        return None
    slots = [_EMPTY] * SLOTS
    for each in found:
        mixed = (each * 0x9E3779B1 + 0x7F4A7C15) & _EMPTY  # CRC's bits are not independent: spread them
        mixed = ((mixed ^ mixed >> 15) * 0x85EBCA77) & _EMPTY
        at = mixed % SLOTS
        slots[at] = min(slots[at], mixed // SLOTS)
    return array("I", (_borrowed(slots, at) for at in range(SLOTS)))


def _borrowed(slots: list[int], at: int) -> int:
    """The slot's own minimum, or that of the next slot that has one, marked by how far that is."""
    for steps in range(SLOTS):
        value = slots[(at + steps) % SLOTS]
        if value != _EMPTY:
            return (value + steps * 0x01000193) & _EMPTY
    return _EMPTY


def similarity(one: array[int], other: array[int]) -> float:
    """Estimated Jaccard similarity."""
    return sum(a == b for a, b in zip(one, other, strict=True)) / SLOTS


class Seen:
    """Prompts seen so far; unless told not to, it remembers each that it is asked about.

    A bucket keeps its first prompt only, so work stays linear: of many alike, each is compared with the first.
    """

    def __init__(self) -> None:
        self._prompts: set[bytes] = set()
        self._buckets: dict[tuple[int, bytes], array[int]] = {}

    def exactly(self, digest: bytes, *, remember: bool = True) -> bool:
        """Whether a prompt with the same text, told by its digest, was seen."""
        seen = digest in self._prompts
        if remember:
            self._prompts.add(digest)
        return seen

    def nearly(self, minima: array[int] | None, *, remember: bool = True) -> bool:
        """Whether a prompt that is nearly the same was seen; nothing is like a prompt without words of its own."""
        if minima is None:
            return False
        keys = list(_bands(minima))
        met = {id(other): other for key in keys if (other := self._buckets.get(key))}.values()
        if remember:
            for key in keys:
                self._buckets.setdefault(key, minima)
        return any(similarity(minima, other) >= NEAR for other in met)


def _bands(minima: array[int]) -> Iterable[tuple[int, bytes]]:
    rows = SLOTS // BANDS
    return ((band, minima[band * rows : (band + 1) * rows].tobytes()) for band in range(BANDS))
