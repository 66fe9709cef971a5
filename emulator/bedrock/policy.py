"""The emulated model: how it answers a row, and how its answers get better.

It is no language model. It draws from answers that the row's task wrote to be right, wrong or malformed.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from rft.contracts.dataset import DatasetRow
from rft.contracts.grading import GradeResult
from rft.errors import InvalidRequest
from rft.tasks import task
from rft.tasks.base import Probes


@dataclass(frozen=True)
class Rollout:
    """One answer to one row; `behaviour` is what kind of answer it was meant to be."""

    row: DatasetRow
    text: str
    behaviour: str


class Policy(Protocol):
    """An emulated model in training."""

    def answers(self, row: DatasetRow, count: int) -> list[Rollout]:
        """So many answers to one row, drawn as the model now is."""
        ...

    def learn(self, groups: Sequence[tuple[Sequence[Rollout], Sequence[GradeResult]]]) -> None:
        """Take one step from the scores of each row's answers."""
        ...


class ScheduledPolicy:
    """Gets better by schedule, whatever the scores: right answers rise from `first` to `last` over `steps` steps.

    Of the others, one in four is malformed. A row whose task knows no right or wrong answer gets its reference as
    the right one where that is text, and otherwise plain filler.
    """

    def __init__(self, *, seed: str, steps: int, first: float = 0.45, last: float = 0.9) -> None:
        self._random = random.Random(seed)  # noqa: S311 - a simulation
        self._steps = max(1, steps)
        self._first = first
        self._last = last
        self._step = 0

    def answers(self, row: DatasetRow, count: int) -> list[Rollout]:
        """Drawn one by one from right, wrong and malformed."""
        written = _written(row)
        return [self._answer(row, written) for _ in range(count)]

    def learn(self, groups: Sequence[tuple[Sequence[Rollout], Sequence[GradeResult]]]) -> None:  # noqa: ARG002
        """Only counts the step: the schedule does the rest."""
        self._step += 1

    @property
    def right_share(self) -> float:
        """Probability of a right answer now: a fast rise that flattens."""
        progress = min(1.0, self._step / self._steps)
        return self._first + (self._last - self._first) * (1 - (1 - progress) ** 2)

    def _answer(self, row: DatasetRow, written: Probes) -> Rollout:
        drawn = self._random.random()
        right = self.right_share
        behaviour = "right" if drawn < right else "malformed" if drawn > right + (1 - right) * 0.75 else "wrong"
        options: tuple[str, ...] = getattr(written, behaviour) or ("I am not sure about this one.",)
        return Rollout(row, self._random.choice(options), behaviour)


def _written(row: DatasetRow) -> Probes:
    try:
        return task(row.data_source).probes(row)
    except InvalidRequest:  # a row of no task of ours
        reference = row.reference_answer
        return Probes(right=(reference,) if isinstance(reference, str) else ())
