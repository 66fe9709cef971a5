"""Asynchronous successive halving: which running arms are stopped before their end. Pure.

Li et al. 2020, "A System for Massively Parallel Hyperparameter Tuning": an arm that reaches a rung is compared with the
arms that have reached it before, and does not wait for the others. Bedrock's jobs cannot pause, so an arm is stopped or
continues at once; a stopped job cannot be resumed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from rft.contracts.metrics import TrainingPoint

FACTOR = 2
"""Reduction factor: 1 in FACTOR arms continues at each rung."""

WIDTH = 0.5
"""Rewards are averaged over this last share of a rung's steps, because a single step is noisy."""


def rungs(first_step: int, steps: int) -> tuple[int, ...]:
    """Steps at which arms are compared: `first_step`, then doubling, all below `steps`."""
    found = []
    while first_step < steps:
        found.append(first_step)
        first_step *= FACTOR
    return tuple(found)


def reward_at(points: Sequence[TrainingPoint], rung: int) -> float | None:
    """Mean reward of the steps up to a rung, weighted by scored rollouts; None before the rung or without scores."""
    if not points or points[-1].step < rung:
        return None
    first = rung - max(1, math.floor(rung * WIDTH))
    known = [(p.reward, p.scored) for p in points if first < p.step <= rung and p.reward is not None]
    scored = sum(count for _, count in known)
    return sum(reward * count for reward, count in known) / scored if scored else None


def is_lower_half(own: float, others: Sequence[float]) -> bool:
    """Whether an arm is in the lower half at a rung; `others`: rewards of the arms that reached it before.

    The upper half is rounded up and includes ties, so the first arm always continues.
    """
    upper_half = math.ceil((len(others) + 1) / FACTOR)
    return sum(other > own for other in others) >= upper_half


def falls_behind(arm: str, rewards: Mapping[int, Mapping[str, float]], newly: Sequence[int]) -> int | None:
    """The first of the `newly` reached rungs at which the arm is in the lower half, or None.

    `rewards`: by rung, of each arm that has reached it, including this one.
    """
    for rung in sorted(newly):
        others = [reward for name, reward in rewards[rung].items() if name != arm]
        if is_lower_half(rewards[rung][arm], others):
            return rung
    return None
