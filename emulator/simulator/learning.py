"""The training loop of emulated jobs and simulations: sample, grade, update, validate."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator, Sequence

from emulator.simulator.plan import SimulationPlan
from emulator.simulator.policy import GradedGroup, Policy, SimulatedRollout
from emulator.simulator.scores import StepScores, step_scores
from rft.contracts.dataset import DatasetRow
from rft.contracts.grading import GraderResult

Grade = Callable[[Sequence[SimulatedRollout]], Sequence[GraderResult]]
"""Returns one result per answer, in order; may use threads."""


def train(
    policy: Policy,
    grade: Grade,
    *,
    plan: SimulationPlan,
    rows: Sequence[DatasetRow],
    validation_rows: Sequence[DatasetRow],
    seed: int,
    steps_done: int = 0,
) -> Iterator[StepScores]:
    """Yield the scores of each step; a step runs when its item is requested. Raises what `grade` raises.

    Held-out rows are answered once each, after the first and last step and every evalInterval steps. The first
    `steps_done` steps are skipped, because the policy has already been trained on them.
    """
    shuffled = random.Random(seed).sample(rows, len(rows))  # noqa: S311 - a simulation
    supply = itertools.islice(itertools.cycle(shuffled), steps_done * plan.prompts, None)
    for step in range(1 + steps_done, plan.simulated_steps + 1):
        batch = list(itertools.islice(supply, plan.prompts))
        groups = _graded(policy, grade, batch, plan.samples, f"step {step}")
        mix = _mix(policy, groups)
        policy.learn(groups)
        due = step % plan.eval_interval == 0 or step in (1, plan.simulated_steps)
        validation = _graded(policy, grade, validation_rows, 1, f"validation {step}") if due else []
        yield step_scores(step, 1 + (step - 1) // plan.steps_per_epoch, groups, validation, mix)


def _graded(policy: Policy, grade: Grade, rows: Sequence[DatasetRow], count: int, at: str) -> list[GradedGroup]:
    drawn = [policy.answers(row, count, at=f"{at}/{number}") for number, row in enumerate(rows)]
    results = iter(grade([rollout for group in drawn for rollout in group]) if drawn else ())
    return [GradedGroup(group, list(itertools.islice(results, len(group)))) for group in drawn]


def _mix(policy: Policy, groups: Sequence[GradedGroup]) -> dict[str, float]:
    """Return the probability of each behaviour when the step was sampled, averaged over its rows."""
    mix: dict[str, float] = {}
    for group in groups:
        first = group.rollouts[0]
        for name, chance in policy.chances(first.row.data_source, first.offered).items():
            mix[name] = mix.get(name, 0.0) + chance / len(groups)
    return mix
