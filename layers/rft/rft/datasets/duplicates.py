"""Finds prompts that are the same, or nearly, in one pass: bottom-k MinHash, and an index of pairs of minhash.

Near: words that two prompts share, in runs of SHINGLE, are at least NEAR of all that either has (Jaccard). It is exact
for prompts of up to SKETCH runs and estimated from the SKETCH smallest digests for longer ones (standard error 0.05).
Runs that most prompts have are the task's own wording and do not count. Source: Broder 1997.
"""

from __future__ import annotations

import zlib
from array import array
from collections import Counter
from collections.abc import Iterable, Sequence, Set
from itertools import pairwise

SHINGLE = 3  # shingles() takes three by three
SKETCH = 64
KEYS = 16
NEAR = 0.8
COMMON_SHARE = 0.5
_LARGEST = 2**32 - 1


def common(prompts: Iterable[str]) -> frozenset[int]:
    """Shingles of more than half of these prompts."""
    counts, prompts = Counter[int](), list(prompts)
    for prompt in prompts:
        counts.update(shingles(prompt))
    return frozenset(each for each, count in counts.items() if count > COMMON_SHARE * len(prompts))


def shingles(prompt: str) -> set[int]:
    """Runs of words by a 32-bit digest; a shorter prompt is one."""
    words = " ".join(prompt.casefold().split()).encode("utf-8", "surrogatepass")
    one = list(map(zlib.crc32, words.split(b" ")))
    if len(one) < SHINGLE:
        return {zlib.crc32(words)}
    return {(a * 0x85EBCA6B + b * 0xC2B2AE35 + c) & _LARGEST for a, b, c in zip(one, one[1:], one[2:], strict=False)}


def signature(found: Set[int]) -> array[int] | None:
    """The SKETCH smallest digests, in order; None where there is nothing to compare."""
    return array("I", sorted(found)[:SKETCH]) if found else None


def similarity(one: array[int], other: array[int]) -> float:
    """Estimated Jaccard similarity: the share of both sets' smallest digests that is in each."""
    least = sorted(set(one).union(other))[:SKETCH]
    return len(set(one).intersection(other).intersection(least)) / len(least)


def _near(one: array[int], other: array[int]) -> bool:
    """Similarity ≥ NEAR; most pairs share too few digests and need no sorting."""
    shared = len(set(one).intersection(other))
    return shared >= NEAR * max(len(one), len(other)) and similarity(one, other) >= NEAR


class DuplicateIndex:
    """Index of prompts; a lookup adds its prompt unless `remember` is false.

    A bucket keeps its first prompt only, so work stays linear: of many alike, each is compared with the first.
    """

    def __init__(self) -> None:
        self._prompts: set[bytes] = set()
        self._buckets: dict[int, array[int]] = {}

    def exactly(self, digest: bytes, *, remember: bool = True) -> bool:
        """Whether a prompt with the same text (by digest) is in the index."""
        seen = digest in self._prompts
        if remember:
            self._prompts.add(digest)
        return seen

    def nearly(self, minhash: array[int] | None, *, remember: bool = True) -> bool:
        """Whether a prompt that is nearly the same was seen; nothing is like a prompt without words of its own."""
        if minhash is None:
            return False
        keys = _keys(minhash)
        met = [other for key in keys if (other := self._buckets.get(key))]
        if remember:
            for key in keys:
                self._buckets.setdefault(key, minhash)
        return any(_near(minhash, other) for other in _often(met, min(2, len(keys))))


def _often(met: Sequence[array[int]], times: int) -> list[array[int]]:
    """Entries that occur min `times`. Near duplicates share most pairs; a single pair is common to many prompts."""
    counts = Counter(map(id, met))
    return list({id(each): each for each in met if counts[id(each)] >= times}.values())


def _keys(minhash: array[int]) -> list[int]:
    """Pairs of neighbouring smallest digests: near prompts share some; common wording seldom fills a pair."""
    if len(minhash) == 1:
        return [minhash[0]]
    return [one << 32 | other for one, other in pairwise(minhash[: KEYS + 1])]
