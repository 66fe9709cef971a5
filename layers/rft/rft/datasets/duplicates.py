"""Finds (near) duplicate prompts in one pass: bottom-k MinHash, and an index of pairs of digests.

Near: the Jaccard similarity of two prompts' shingles (SHINGLE consecutive words) is at least NEAR. It is exact for
prompts of up to SKETCH shingles, and estimated from the SKETCH smallest digests for longer ones (standard error 0.05).
Shingles of most prompts are the task's wording and are ignored. Source: Broder 1997.
"""

from __future__ import annotations

import zlib
from array import array
from collections import Counter
from collections.abc import Iterable, Sequence, Set
from itertools import pairwise

SHINGLE = 3  # shingles() hard-codes three
SKETCH = 64
KEYS = 16
NEAR = 0.8
COMMON_SHARE = 0.5
_LARGEST = 2**32 - 1


def common(prompts: Iterable[str]) -> frozenset[int]:
    """Shingles that occur in more than half of these prompts."""
    counts, prompts = Counter[int](), list(prompts)
    for prompt in prompts:
        counts.update(shingles(prompt))
    return frozenset(each for each, count in counts.items() if count > COMMON_SHARE * len(prompts))


def shingles(prompt: str) -> set[int]:
    """Shingles as 32-bit digests; a prompt shorter than SHINGLE is one shingle."""
    words = " ".join(prompt.casefold().split()).encode("utf-8", "surrogatepass")
    one = list(map(zlib.crc32, words.split(b" ")))
    if len(one) < SHINGLE:
        return {zlib.crc32(words)}
    return {(a * 0x85EBCA6B + b * 0xC2B2AE35 + c) & _LARGEST for a, b, c in zip(one, one[1:], one[2:], strict=False)}


def signature(found: Set[int]) -> array[int] | None:
    """The SKETCH smallest digests, sorted; None if there are none."""
    return array("I", sorted(found)[:SKETCH]) if found else None


def similarity(one: array[int], other: array[int]) -> float:
    """Estimated Jaccard similarity, from the smallest digests of both sets."""
    least = sorted(set(one).union(other))[:SKETCH]
    return len(set(one).intersection(other).intersection(least)) / len(least)


def _near(one: array[int], other: array[int]) -> bool:
    """Similarity ≥ NEAR; skips sorting for pairs that share too few digests."""
    shared = len(set(one).intersection(other))
    return shared >= NEAR * max(len(one), len(other)) and similarity(one, other) >= NEAR


class DuplicateIndex:
    """Index of prompts; a lookup adds its prompt unless `remember` is false.

    A bucket keeps only its first prompt, so the work is linear: many similar prompts are each compared with the first.
    """

    def __init__(self) -> None:
        self._prompts: set[bytes] = set()
        self._buckets: dict[int, array[int]] = {}

    def exactly(self, digest: bytes, *, remember: bool = True) -> bool:
        seen = digest in self._prompts
        if remember:
            self._prompts.add(digest)
        return seen

    def nearly(self, minhash: array[int] | None, *, remember: bool = True) -> bool:
        """Whether the index has a near duplicate; False for a prompt without words of its own."""
        if minhash is None:
            return False
        keys = _keys(minhash)
        met = [other for key in keys if (other := self._buckets.get(key))]
        if remember:
            for key in keys:
                self._buckets.setdefault(key, minhash)
        return any(_near(minhash, other) for other in _often(met, min(2, len(keys))))


def _often(met: Sequence[array[int]], times: int) -> list[array[int]]:
    """Entries that occur at least `times`: near duplicates share most pairs, others only a few."""
    counts = Counter(map(id, met))
    return list({id(each): each for each in met if counts[id(each)] >= times}.values())


def _keys(minhash: array[int]) -> list[int]:
    """Pairs of adjacent smallest digests; near duplicates share some of them."""
    if len(minhash) == 1:
        return [minhash[0]]
    return [one << 32 | other for one, other in pairwise(minhash[: KEYS + 1])]
