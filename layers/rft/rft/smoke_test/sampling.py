"""Samples the rows for a smoke test: seeded, stratified by label, without replacement. Pure."""

from __future__ import annotations

import random
from collections.abc import Sequence, Set
from dataclasses import dataclass
from enum import IntEnum
from itertools import pairwise

from rft.contracts.dataset import DatasetRow, SplitName
from rft.tasks.base import Probes, Task

MIN_PER_SPLIT = 5
"""Minimum rows per split: with fewer, one unusual row weighs more than a fifth."""

VALIDATION_SHARE = 0.2


class Use(IntEnum):
    """What a row can test, best first."""

    DIRECTION = 0
    LEVEL = 1
    CONTRACT = 2


@dataclass(frozen=True)
class Candidate:
    """The properties of a row that sampling needs; its index in the sequence is its index in the file."""

    label: str
    use: Use


@dataclass(frozen=True)
class SampledRow:
    """A row of a dataset file; `position` counts from 0, `size` is the line's length in bytes."""

    split: SplitName
    position: int
    row: DatasetRow
    size: int

    @property
    def key(self) -> tuple[str, int]:
        """Identifies the row in the dataset, also with its responses swapped."""
        return self.split, self.position


def sizes(sample_size: int) -> dict[SplitName, int]:
    """Rows per split: about four to one, at least MIN_PER_SPLIT."""
    validation = max(MIN_PER_SPLIT, round(sample_size * VALIDATION_SHARE))
    return {"train": max(MIN_PER_SPLIT, sample_size - validation), "validation": validation}


EXTENDED_SAMPLES = (100, 200)
"""Total rows to which an undecided sample grows: no success in 200 rows bounds a rate below 1.9 %."""


def extensions(sample_size: int) -> list[dict[SplitName, int]]:
    """Rows to add to each split, step by step."""
    steps = [sample_size, *(size for size in EXTENDED_SAMPLES if size > sample_size)]
    totals = [sizes(size) for size in steps]
    return [{split: more[split] - few[split] for split in few} for few, more in pairwise(totals)]


def candidate(row: DatasetRow, task: Task) -> Candidate:
    return Candidate(label=task.label(row) or "", use=_use(task.probes(row)))


def choose(candidates: Sequence[Candidate], size: int, seed: str, *, but: Set[int] = frozenset()) -> frozenset[int]:
    """Positions of `size` candidates, or of all if there are fewer; excludes `but`."""
    rng = random.Random(seed)  # noqa: S311 reproducible sample, not security
    chosen: list[int] = []
    # Rows that can test more come first: a few rows with right and wrong answers are found among many without.
    for use in Use:
        positions = [i for i, c in enumerate(candidates) if c.use == use and i not in but]
        chosen += _stratified(positions, candidates, min(size - len(chosen), len(positions)), rng)
    return frozenset(chosen)


def _use(probes: Probes) -> Use:
    if not probes.right:
        return Use.CONTRACT
    return Use.DIRECTION if probes.wrong else Use.LEVEL


def _stratified(positions: list[int], candidates: Sequence[Candidate], size: int, rng: random.Random) -> list[int]:
    """Systematic sampling: shuffles, sorts by label, takes every n-th from a random start.

    Each position has the same probability, and each label its share to within one row.
    """
    rng.shuffle(positions)
    positions.sort(key=lambda i: candidates[i].label)
    start = rng.random()
    return [positions[int((k + start) * len(positions) / size)] for k in range(size)]
