"""Group-relative policy optimisation (GRPO; Shao et al. 2024, DeepSeekMath) of a softmax over a few choices. Pure.

One update on answers that the present parameters drew: the ratio of new to old probabilities is 1, where clipping it
changes neither loss nor gradient, so there is no clipping here. There is no pull back to the first parameters (KL)
either: whether Bedrock has one is not documented, and without it a gameable grader shows sooner.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

EPSILON = 1e-4
"""Keeps a group's advantages finite where its scores hardly differ (the value of Hugging Face's TRL)."""


@dataclass(frozen=True)
class Group:
    """The answers to one prompt: what could be drawn, what was drawn, and what each of those scored."""

    offered: Sequence[str]
    drawn: Sequence[str]
    scores: Sequence[float]


def advantages(scores: Sequence[float]) -> list[float]:
    """Each score against its group: (score - mean) / (standard deviation of the sample + EPSILON).

    All zero in a group whose scores are equal: it teaches nothing.
    """
    if len(scores) < 2 or min(scores) == max(scores):
        return [0.0] * len(scores)
    mean, deviation = statistics.fmean(scores), statistics.stdev(scores)
    return [(score - mean) / (deviation + EPSILON) for score in scores]


def softmax(logits: Mapping[str, float], offered: Iterable[str]) -> dict[str, float]:
    """The probability of each choice among those offered."""
    chosen = {name: logits[name] for name in offered}
    top = max(chosen.values())
    weights = {name: math.exp(logit - top) for name, logit in chosen.items()}
    total = sum(weights.values())
    return {name: weight / total for name, weight in weights.items()}


def gradient(logits: Mapping[str, float], groups: Sequence[Group]) -> dict[str, float]:
    """Of the mean over groups of the mean over answers of advantage times log-probability."""
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
    """The logits after one step up the gradient."""
    slope = gradient(logits, groups)
    return {name: logit + rate * slope[name] for name, logit in logits.items()}
