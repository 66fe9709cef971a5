"""Splits rows into train, validation and test."""

from __future__ import annotations

import random
from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from rft.contracts.dataset import SplitName
from rft.contracts.run_request import Split
from rft.datasets.grouping import Grouping

Plan = dict[SplitName, "array[int]"]
"""Row numbers of each split, in output order."""

NAMES: tuple[SplitName, ...] = ("train", "validation", "test")


def plan_split(split: Split, *, groups: Sequence[int], labels: Sequence[int]) -> Plan:
    """Splits the rows with these groups (64-bit digests that include the seed) and label numbers."""
    if split.strategy == "random":
        return _random(split, len(groups))
    return _grouped(split, groups, labels)


@dataclass(frozen=True)
class GroupCounts:
    """Number of distinct groups per split, and of rows outside training that share a group with a training row."""

    groups: dict[SplitName, int]
    shared_rows: int


def count_groups(plan: Plan, groups: Sequence[int]) -> GroupCounts:
    split_of = array("B", bytes(len(groups)))
    for at, name in enumerate(NAMES):
        for number in plan[name]:
            split_of[number] = at
    counts, shared = Counter[int](), 0
    for rows in Grouping(groups):
        found = Counter(split_of[number] for number in rows)
        counts.update(found.keys())
        shared += found.total() - found[0] if found[0] else 0
    return GroupCounts({name: counts[at] for at, name in enumerate(NAMES)}, shared)


def _random(split: Split, rows: int) -> Plan:
    """As in published notebooks: Python's seeded shuffle of the file order, then cut; the remainder is test."""
    order = array("I", range(rows))
    random.Random(split.seed).shuffle(order)  # noqa: S311 - repeatable on purpose
    train = int(rows * split.train)
    validation = train + int(rows * split.validation)
    return {"train": order[:train], "validation": order[train:validation], "test": order[validation:]}


def _grouped(split: Split, groups: Sequence[int], labels: Sequence[int]) -> Plan:
    """Assigns whole groups, largest first, to the split with the lowest fill level; ties in seeded order.

    The order of groups depends only on their content and the seed.
    """
    filling = _Filling(split, Counter(labels))
    split_of = array("B", bytes(len(groups)))
    for rows in Grouping(groups).largest_first():
        at = filling.place([labels[number] for number in rows])
        for number in rows:
            split_of[number] = at
    numbers = tuple(array("I") for _ in NAMES)
    for number, at in enumerate(split_of):
        numbers[at].append(number)
    # Shuffled within a split, so that a batch does not repeat one prompt.
    for each in numbers:
        random.Random(split.seed).shuffle(each)  # noqa: S311 - repeatable on purpose
    return dict(zip(NAMES, numbers, strict=True))


class _Filling:
    """Fill level of each split, in total and by label, as a fraction of its share."""

    def __init__(self, split: Split, labels: Counter[int]) -> None:
        shares = (split.train, split.validation, split.test)
        self._splits = [_Share(share, labels) if share > 0 else None for share in shares]

    def place(self, labels: Sequence[int]) -> int:
        """Places a group, given by its rows' labels, where it overfills the least (the first split on ties)."""
        counts = tuple(Counter(labels).items()) if len(labels) > 1 else ((labels[0], 1),)
        fullness = [share.with_group(counts, len(labels)) if share else float("inf") for share in self._splits]
        at = fullness.index(min(fullness))
        chosen = self._splits[at]
        assert chosen is not None  # noqa: S101 - infinity is never the least: train and validation have shares
        chosen.add(counts, len(labels))
        return at


class _Share:
    def __init__(self, share: float, labels: Counter[int]) -> None:
        self._target = labels.total() * share
        self._target_of = {label: count * share for label, count in labels.items()}
        self._rows = 0
        self._rows_of = dict.fromkeys(labels, 0)

    def with_group(self, labels: Sequence[tuple[int, int]], size: int) -> float:
        """Fill level after adding the group, plus the mean fill level of the group's labels."""
        by_label = 0.0
        for label, count in labels:
            by_label += count * (self._rows_of[label] + count) / self._target_of[label]
        return (self._rows + size) / self._target + by_label / size

    def add(self, labels: Sequence[tuple[int, int]], size: int) -> None:
        self._rows += size
        for label, count in labels:
            self._rows_of[label] += count
