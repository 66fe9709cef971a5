"""The engine of experiments on simulated arms: who is found best, at what cost, and how often chance is called one."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

from rft.contracts.experiments.record import Leaderboard
from rft.contracts.metrics import TrainingPoint
from rft.experiments.halving import falls_behind, reward_at, rungs
from rft.experiments.leaderboard import ArmScore, RowValue, leaderboard, mean_score
from tests.kit.reward_curves import training

ARMS, STEPS, FIRST_RUNG, GROUPS = 12, 160, 20, 500
"""500 prompts show a lead of MARGIN over one arm, at 0.05 over all 66 pairs, with power above 0.99."""

SPREAD = 0.3
"""Of the scores of a step's prompts, as in the reward curves of the other tests; a step has 16 prompts."""

MARGIN = 0.15
"""The lead of the best arm's final reward and held-out gain."""


@dataclass(frozen=True)
class SimulatedArm:
    """An arm whose reward rises from 0.4 by `gain`, most of it in its first 40 steps."""

    name: str
    gain: float
    seed: int

    def points(self) -> list[TrainingPoint]:
        rng = random.Random(f"{self.seed}/{self.name}/training")
        noise = SPREAD / math.sqrt(16)
        return [
            training(step, 0.4 + self.gain * (1 - math.exp(-step / 20)) + rng.gauss(0, noise))
            for step in range(1, STEPS + 1)
        ]

    def rows(self) -> dict[str, RowValue]:
        """Held-out gains: a prompt's difficulty is the same for all arms, the answers to it are not."""
        shared, own = random.Random(f"{self.seed}/rows"), random.Random(f"{self.seed}/{self.name}/rows")
        return {str(n): RowValue(str(n), self.gain + shared.gauss(0, 0.2) + own.gauss(0, 0.35)) for n in range(GROUPS)}


def arms(seed: int, *, best: float) -> list[SimulatedArm]:
    """Twelve in random order, one of them better by `best`."""
    names = [f"arm-{n:02d}" for n in range(ARMS)]
    random.Random(seed).shuffle(names)
    return [SimulatedArm(name, 0.2 + (best if name == "arm-00" else 0.0), seed) for name in names]


def experiment(seed: int, *, best: float) -> tuple[Leaderboard, float]:
    """Two arms at a time, as Bedrock's quota has it: the leaderboard, and the cost as a share of all arms' steps."""
    waiting, cost = arms(seed, best=best), 0
    running: dict[str, tuple[SimulatedArm, int]] = {}
    curves = {arm.name: arm.points() for arm in waiting}
    reached: dict[int, dict[str, float]] = {rung: {} for rung in rungs(FIRST_RUNG, STEPS)}
    finished: list[SimulatedArm] = []
    while waiting or running:
        while waiting and len(running) < 2:
            arm = waiting.pop(0)
            running[arm.name] = (arm, 0)
        for name, (arm, before) in list(running.items()):
            step, cost = before + 1, cost + 1
            running[name] = (arm, step)
            if step in reached:
                reached[step][name] = reward_at(curves[name][:step], step) or 0.0
                if falls_behind(name, reached, [step]) is not None:
                    running.pop(name)
            elif step == STEPS:
                finished.append(running.pop(name)[0])
    return leaderboard(_scores(finished), "evaluation_difference", ARMS), cost / (ARMS * STEPS)


def _scores(finished: list[SimulatedArm]) -> list[ArmScore]:
    return [mean_score(arm.name, arm.rows()) for arm in finished]


SEEDS = 20


def test_the_best_of_twelve_arms_is_found_at_less_than_half_of_the_cost() -> None:
    found = [experiment(seed, best=MARGIN) for seed in range(SEEDS)]
    assert sum(board.standings[0].arm == "arm-00" for board, _ in found) >= 19
    assert sum(cost for _, cost in found) / SEEDS <= 0.5


def test_without_a_stop_rule_the_best_arm_is_shown_to_be_best() -> None:
    boards = [
        leaderboard(
            [mean_score(arm.name, arm.rows()) for arm in arms(seed, best=MARGIN)], "evaluation_difference", ARMS
        )
        for seed in range(SEEDS)
    ]
    assert sum(board.conclusion == "winner" and board.best == ("arm-00",) for board in boards) >= 19


def test_identical_arms_have_no_winner() -> None:
    conclusions = [
        leaderboard(
            [mean_score(arm.name, arm.rows()) for arm in arms(seed, best=0)], "evaluation_difference", ARMS
        ).conclusion
        for seed in range(100)
    ]
    assert conclusions.count("no_difference_shown") >= 95


def test_identical_arms_have_no_winner_after_early_stopping() -> None:
    conclusions = [experiment(seed, best=0)[0].conclusion for seed in range(SEEDS)]
    assert conclusions.count("no_difference_shown") >= 19
