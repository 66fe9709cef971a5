"""Group-relative policy optimisation (GRPO; Shao et al. 2024, DeepSeekMath) of a softmax over a few choices. Pure.

Each update is on-policy, so the ratio of new to old probabilities is 1 and clipping would change neither loss nor
gradient; it is left out. There is no KL penalty either: Bedrock does not document one, and without it an exploitable
grader shows earlier.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

EPSILON = 1e-4
"""Keeps advantages finite if a group's scores are nearly equal (the value used in Hugging Face TRL)."""


@dataclass(frozen=True)
class Group:
    """The answers to one prompt: the choices offered, the choices drawn, and their scores."""

    offered: Sequence[str]
    drawn: Sequence[str]
    scores: Sequence[float]


def advantages(scores: Sequence[float]) -> list[float]:
    """Return (score - mean) / (sample standard deviation + EPSILON) for each score of a group.

    All are zero if the scores are equal, so the group does not contribute to the gradient.
    """
    if len(scores) < 2 or min(scores) == max(scores):
        return [0.0] * len(scores)
    mean, deviation = statistics.fmean(scores), statistics.stdev(scores)
    return [(score - mean) / (deviation + EPSILON) for score in scores]


def softmax(logits: Mapping[str, float], offered: Iterable[str]) -> dict[str, float]:
    chosen = {name: logits[name] for name in offered}
    top = max(chosen.values())
    weights = {name: math.exp(logit - top) for name, logit in chosen.items()}
    total = sum(weights.values())
    return {name: weight / total for name, weight in weights.items()}


def gradient(logits: Mapping[str, float], groups: Sequence[Group]) -> dict[str, float]:
    """Return the gradient of advantage times log-probability, averaged over answers, then over groups."""
    slope = dict.fromkeys(logits, 0.0)
    for group in groups:
        chances = softmax(logits, group.offered)
        share = 1 / (len(groups) * len(group.drawn))
        for drawn, advantage in zip(group.drawn, advantages(group.scores), strict=True):
            slope[drawn] += share * advantage
            for name, chance in chances.items():
                slope[name] -= share * advantage * chance
    return slope


def gradient_step(logits: Mapping[str, float], groups: Sequence[Group], *, rate: float) -> dict[str, float]:
    slope = gradient(logits, groups)
    return {name: logit + rate * slope[name] for name, logit in logits.items()}
