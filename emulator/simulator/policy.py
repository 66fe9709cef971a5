"""The emulated model: how it answers a row, and how it learns from scores.

It is no language model. It draws from behaviours that are written out as text, and what it learns is how often to
draw which.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from emulator.simulator.behaviours import RIGHT, initial_mix, render_answers
from emulator.simulator.grpo import Group, gradient_step, softmax
from rft.contracts.dataset import DatasetRow
from rft.contracts.grading import GraderResult

LOGITS_PER_LEARNING_RATE = 20_000
"""A step moves the logits by learningRate times this times the gradient. Invented: at AWS's 5e-5 for PandaLM, ten to
twenty steps with a good grader make most answers right, and a few steps' luck with a random one changes little."""


@dataclass(frozen=True)
class SimulatedRollout:
    """One answer to one row. `behaviour` is what kind of answer it is, `variant` which of that kind.

    `offered` are the behaviours that the row could have been answered with.
    """

    row: DatasetRow
    text: str
    behaviour: str
    variant: str = ""
    offered: tuple[str, ...] = ()

    @property
    def right(self) -> bool:
        """Whether it is truly right: known, as it was written to be, and no matter of its score."""
        return self.behaviour == RIGHT

    @property
    def kind(self) -> str:
        """Behaviour and variant in one word or two."""
        return f"{self.behaviour}: {self.variant}" if self.variant else self.behaviour


@dataclass(frozen=True)
class GradedGroup:
    """The answers to one row, each with its grade."""

    rollouts: Sequence[SimulatedRollout]
    results: Sequence[GraderResult]


class Policy:
    """Preferences over behaviours, one softmax per task, which start at the task's base mix.

    `logits` are those of an earlier policy, to resume from. All drawing is by `seed` and the `at` of each call, so
    that it depends on no earlier call.
    """

    def __init__(
        self, *, seed: str, learning_rate: float, logits: Mapping[str, Mapping[str, float]] | None = None
    ) -> None:
        self._seed = seed
        self._rate = learning_rate * LOGITS_PER_LEARNING_RATE
        self._logits = {task: dict(each) for task, each in (logits or {}).items()}

    @property
    def logits(self) -> Mapping[str, Mapping[str, float]]:
        """The parameters by task: all that was learned, in types that JSON knows."""
        return self._logits

    def mix(self, task: str) -> dict[str, float]:
        """The probability of each behaviour for rows of a task that can be answered in every way."""
        logits = self._of(task)
        return softmax(logits, logits)

    def chances(self, task: str, offered: Sequence[str]) -> dict[str, float]:
        """The probability of each behaviour among those offered."""
        return softmax(self._of(task), offered)

    def answer(self, row: DatasetRow, *, at: str = "") -> SimulatedRollout:
        """One answer as the model now is."""
        return self.answers(row, 1, at=at)[0]

    def answers(self, row: DatasetRow, count: int, *, at: str) -> list[SimulatedRollout]:
        """`count` answers to one row, drawn one by one from the current policy."""
        drawing = random.Random(f"{self._seed}/{at}/{row.task_id}")  # noqa: S311 - a simulation
        texts = render_answers(row)
        chances = self.chances(row.data_source, tuple(texts))
        rollouts = []
        for behaviour in drawing.choices(tuple(chances), weights=tuple(chances.values()), k=count):
            variant, text = drawing.choice(texts[behaviour])
            rollouts.append(SimulatedRollout(row, text, behaviour, variant, tuple(texts)))
        return rollouts

    def learn(self, batch: Sequence[GradedGroup]) -> None:
        """Take one GRPO step from the scores of each row's answers.

        The score of an answer that could not be graded is 0.0 here, as Bedrock knows nothing of `grader_error`: a
        judge that is away teaches nonsense, in the emulator too.
        """
        by_task: dict[str, list[Group]] = {}
        for each in batch:
            by_task.setdefault(each.rollouts[0].row.data_source, []).append(_group(each))
        for task, groups in by_task.items():
            share = len(groups) / len(batch)
            self._logits[task] = gradient_step(self._of(task), groups, rate=self._rate * share)

    def _of(self, task: str) -> dict[str, float]:
        if task not in self._logits:
            self._logits[task] = {name: math.log(share) for name, share in initial_mix(task).items()}
        return self._logits[task]


def _group(graded: GradedGroup) -> Group:
    return Group(
        offered=graded.rollouts[0].offered,
        drawn=[rollout.behaviour for rollout in graded.rollouts],
        scores=[result.aggregate_reward_score for result in graded.results],
    )
