"""The emulated model: how it answers rows and learns from scores.

It is not a language model: it samples from behaviours with predefined texts, and learns their probabilities.
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
"""A step changes the logits by learningRate * scale * gradient. Invented: with AWS's 5e-5 for PandaLM, 10 to 20 steps
with a good grader make most answers right, while a few lucky steps with a random grader change little."""


@dataclass(frozen=True)
class SimulatedRollout:
    """One answer to one row, with its behaviour and variant.

    `offered` are the behaviours that were possible for the row.
    """

    row: DatasetRow
    text: str
    behaviour: str
    variant: str = ""
    offered: tuple[str, ...] = ()

    @property
    def right(self) -> bool:
        """Whether the answer is correct, independent of its score; known because the text was generated for it."""
        return self.behaviour == RIGHT

    @property
    def kind(self) -> str:
        """Behaviour, and variant if any, as a label."""
        return f"{self.behaviour}: {self.variant}" if self.variant else self.behaviour


@dataclass(frozen=True)
class GradedGroup:
    rollouts: Sequence[SimulatedRollout]
    results: Sequence[GraderResult]


class Policy:
    """One softmax over behaviours per task, which starts at the task's base mix.

    `logits` resume an earlier policy. Draws depend only on `seed` and the `at` of each call, not on earlier calls.
    """

    def __init__(
        self, *, seed: str, learning_rate: float, logits: Mapping[str, Mapping[str, float]] | None = None
    ) -> None:
        self._seed = seed
        self._rate = learning_rate * LOGITS_PER_LEARNING_RATE
        self._logits = {task: dict(each) for task, each in (logits or {}).items()}

    @property
    def logits(self) -> Mapping[str, Mapping[str, float]]:
        """All trained parameters by task, JSON serialisable."""
        return self._logits

    def mix(self, task: str) -> dict[str, float]:
        """Return the probability of each behaviour, for rows that support all behaviours of the task."""
        logits = self._of(task)
        return softmax(logits, logits)

    def chances(self, task: str, offered: Sequence[str]) -> dict[str, float]:
        return softmax(self._of(task), offered)

    def answer(self, row: DatasetRow, *, at: str = "") -> SimulatedRollout:
        return self.answers(row, 1, at=at)[0]

    def answers(self, row: DatasetRow, count: int, *, at: str) -> list[SimulatedRollout]:
        drawing = random.Random(f"{self._seed}/{at}/{row.task_id}")  # noqa: S311 - a simulation
        texts = render_answers(row)
        chances = self.chances(row.data_source, tuple(texts))
        rollouts = []
        for behaviour in drawing.choices(tuple(chances), weights=tuple(chances.values()), k=count):
            variant, text = drawing.choice(texts[behaviour])
            rollouts.append(SimulatedRollout(row, text, behaviour, variant, tuple(texts)))
        return rollouts

    def learn(self, batch: Sequence[GradedGroup]) -> None:
        """Apply one GRPO step with the scores of each row's answers.

        An answer that could not be graded counts as 0.0, as in Bedrock, which does not support `grader_error`: an
        unavailable judge therefore distorts training in the emulator too.
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
