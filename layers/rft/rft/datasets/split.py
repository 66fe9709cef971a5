"""Divides rows into train, validation and test."""

from __future__ import annotations

import hashlib
import random
from collections import Counter, defaultdict
from collections.abc import Sequence

from rft.contracts.dataset import SplitName
from rft.contracts.run_request import Split

Plan = dict[SplitName, list[int]]
"""Row numbers of each split, in the order in which they are written."""


def plan_split(split: Split, *, groups: Sequence[int], labels: Sequence[int], group_digests: Sequence[bytes]) -> Plan:
    """Divide the rows whose group and label numbers are given. `group_digests` names each group by its content."""
    if split.strategy == "random":
        return _random(split, len(groups))
    return _grouped(split, groups, labels, group_digests)


def _random(split: Split, rows: int) -> Plan:
    """As published notebooks do: Python's seeded shuffle over the file order, then cut; the rest is test."""
    order = list(range(rows))
    random.Random(split.seed).shuffle(order)  # noqa: S311 - repeatable on purpose
    train = int(rows * split.train)
    validation = train + int(rows * split.validation)
    return {"train": order[:train], "validation": order[train:validation], "test": order[validation:]}


def _grouped(split: Split, groups: Sequence[int], labels: Sequence[int], group_digests: Sequence[bytes]) -> Plan:
    """Whole groups, the largest first, each to the split that it fills the least; equal ones in seeded order.

    The order of groups depends on their content and the seed alone. Rows are shuffled within a split, so that a
    batch does not hold one prompt many times.
    """
    members = defaultdict[int, list[int]](list)
    for number, group in enumerate(groups):
        members[group].append(number)
    seed = split.seed.to_bytes(8, "big")

    def rank(group: int) -> tuple[int, bytes]:
        return -len(members[group]), hashlib.blake2b(group_digests[group], key=seed, digest_size=16).digest()

    filling = _Filling(split, Counter(labels))
    plan: Plan = {"train": [], "validation": [], "test": []}
    for group in sorted(members, key=rank):
        plan[filling.place(Counter(labels[number] for number in members[group]))] += members[group]
    for rows in plan.values():
        rows.sort()
        random.Random(split.seed).shuffle(rows)  # noqa: S311 - repeatable on purpose
    return plan


class _Filling:
    """How full each split is, in all and by label, as parts of what its share asks for."""

    def __init__(self, split: Split, labels: Counter[int]) -> None:
        self._shares: dict[SplitName, float] = {"train": split.train, "validation": split.validation}
        if split.test > 0:
            self._shares["test"] = split.test
        self._rows = labels.total()
        self._labels = labels
        self._placed = defaultdict[SplitName, Counter[int]](Counter)

    def place(self, group: Counter[int]) -> SplitName:
        """Put a group, given by its labels, where it overfills the least (largest shares win where equal)."""
        name = min(self._shares, key=lambda each: self._fullness(each, group))
        self._placed[name] += group
        return name

    def _fullness(self, name: SplitName, group: Counter[int]) -> float:
        """With the group in it: the split's fullness, plus the mean fullness of the group's labels in it."""
        placed, share, size = self._placed[name], self._shares[name], group.total()
        rows = (placed.total() + size) / (self._rows * share)
        by_label = sum(n * (placed[label] + n) / (self._labels[label] * share) for label, n in group.items())
        return rows + by_label / size
