"""Rows, training and graders for tests of simulated policies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from emulator.simulator.plan import plan_simulation
from emulator.simulator.policy import SimulatedRollout
from emulator.simulator.scores import ScoreSum, StepScores
from emulator.simulator.simulation import Simulation, simulate
from rft.contracts.dataset import DatasetRow
from rft.contracts.grading import GradeResult

Score = Callable[[SimulatedRollout], float]


def trained(rows: Sequence[DatasetRow], score: Score, *, seed: int, steps: int = 30, **more: Any) -> Simulation:
    hyperparameters = {"batchSize": 16, "epochCount": 50, "learningRate": 5e-5, **more}
    made = plan_simulation(len(rows), hyperparameters, max_steps=steps, max_rollouts=256)

    def grade(rollouts: Sequence[SimulatedRollout]) -> list[GradeResult]:
        return [GradeResult(id=str(n), aggregate_reward_score=score(r)) for n, r in enumerate(rollouts)]

    return simulate(grade, plan=made, rows=rows[20:], validation_rows=rows[:20], seed=seed)


def scores(step: int, mean: float, spread: float, *, errors: int = 0, **earned: ScoreSum) -> StepScores:
    return StepScores(step, 1, 64, errors, mean, spread, 0.0, 0.5, mix={"right": 0.5}, earned=earned)
