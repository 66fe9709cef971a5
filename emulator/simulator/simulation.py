"""Trains the emulated model with a grader in this process, within seconds; needs no server and no AWS."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from emulator.simulator.learning import Grade, train
from emulator.simulator.plan import SimulationPlan
from emulator.simulator.policy import Policy
from emulator.simulator.scores import StepScores
from emulator.simulator.verdict import SimulationVerdict, verdict
from rft.contracts.dataset import DatasetRow


@dataclass(frozen=True)
class Simulation:
    steps: tuple[StepScores, ...]
    verdict: SimulationVerdict
    policy: Policy


def simulate(
    grade: Grade,
    *,
    plan: SimulationPlan,
    rows: Sequence[DatasetRow],
    validation_rows: Sequence[DatasetRow],
    seed: int,
    on_step: Callable[[StepScores], None] = lambda _: None,
) -> Simulation:
    """Train as an emulated job does, for the plan's simulated steps; `on_step` is called after each step.

    Deterministic for the same seed and scores. Raises what `grade` raises.
    """
    policy, steps = Policy(seed=str(seed), learning_rate=plan.learning_rate), []
    for step in train(policy, grade, plan=plan, rows=rows, validation_rows=validation_rows, seed=seed):
        steps.append(step)
        on_step(step)
    return Simulation(tuple(steps), verdict(steps), policy)
