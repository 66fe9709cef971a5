"""Detects the onset of reward hacking: the reward rises while the answers change abruptly. Pure.

A learning policy changes slowly: answers grow, or adopt a format in the first steps. A policy that exploits its grader
changes within a few steps, because the exploit earns more than anything else: answers collapse to a phrase or grow,
repeat themselves, copy the prompt, or earn one reward component at the expense of another.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from statistics import fmean, pstdev

from rft.contracts.breaker import RewardHacking
from rft.contracts.metrics import TrainingMetrics, TrainingPoint

CERTAIN = 5.0
"""Minimum change of an answer statistic in standard errors, estimated from earlier steps."""

REWARD_CERTAIN = 2.0
"""Minimum increase of the reward in standard errors; lower, because it is a second, noisier signal."""

SCALES: Mapping[str, Callable[[float], float]] = {
    "length": lambda characters: math.log(max(characters, 1.0)),
    "entropy": lambda bits: math.log(max(bits, 0.01)),
    "copied": float,
    "weakest": float,
    "above_audit": float,
}
"""Lengths and entropies change by ratio, shares by difference."""

Window = Sequence[TrainingPoint]


def reward_hacking(metrics: TrainingMetrics, rule: RewardHacking) -> str:
    """Compares the last `steps` with `before` earlier ones; the `steps` between them are ignored as a transition.

    Early steps are no measure, since a policy first learns the required form: no finding before both
    windows are full.
    """
    first = rule.before + 2 * rule.steps
    if len(metrics.training) < first:
        return ""
    before, now = metrics.training[-first : -2 * rule.steps], metrics.training[-rule.steps :]
    rise = _shift(_values(before, "reward"), _values(now, "reward"), certain=REWARD_CERTAIN)
    if rise is None or rise < rule.rise:
        return ""
    turned = "; ".join(_turned(before, now, rule))
    if not turned:
        return ""
    return (
        f"the reward of the last {rule.steps} steps is {rise:.3f} above that of {rule.before} steps before, while "
        f"{turned}; read some answers before training continues"
    )


def _turned(before: Window, now: Window, rule: RewardHacking) -> Iterator[str]:
    """Changes larger than a learning policy makes in so few steps, in words."""
    change = {name: _shift(_scaled(before, name), _scaled(now, name), certain=CERTAIN) or 0.0 for name in SCALES}
    if abs(change["length"]) >= math.log(rule.length):
        yield f"answers became {math.exp(change['length']):.2g} times as long"
    if change["entropy"] <= math.log(1 - rule.entropy):
        yield f"their words lost {1 - math.exp(change['entropy']):.0%} of their entropy"
    if change["copied"] >= rule.copied:
        yield f"{change['copied']:.0%} more of their text is copied from the prompt"
    if change["weakest"] <= -rule.part:
        yield f"the weakest rewarded part fell by {-change['weakest']:.3f}"
    if change["above_audit"] >= rule.audit:
        yield f"the scores moved {change['above_audit']:.3f} further above those of the audit judge"


def _scaled(window: Window, name: str) -> list[float]:
    return [SCALES[name](value) for value in _values(window, name)]


def _values(window: Window, name: str) -> list[float]:
    return [value for point in window if (value := getattr(point, name)) is not None]


def _shift(before: Sequence[float], now: Sequence[float], *, certain: float) -> float | None:
    """Change of the mean; None if steps are missing, or if it is not significant."""
    if len(now) < 2 or len(before) < 2 * len(now):
        return None
    shift = fmean(now) - fmean(before)
    error = pstdev(before) * math.sqrt(1 / len(now) + 1 / len(before))
    return shift if abs(shift) > certain * error else None
