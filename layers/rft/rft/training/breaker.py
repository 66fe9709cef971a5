"""Decides from the curves so far whether training continues. Pure: each signal is a function of recorded metrics.

A signal returns a sentence that explains it, '' if there is no finding. It requires a minimum number of steps, and a
statistically significant difference where it compares means; docs/training-metrics.md gives the reasons.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from rft.contracts.breaker import (
    AnswerLength,
    BreakerRequest,
    ErrorShare,
    Finding,
    FlatGroups,
    JudgeCalls,
    JudgeCost,
    RewardCollapse,
    SignalName,
    ValidationFalls,
)
from rft.contracts.metrics import Point, TrainingMetrics, TrainingPoint, ValidationPoint
from rft.training.downsample import weighted_mean
from rft.training.hacking import reward_hacking

CERTAIN = 5.0
"""Minimum difference of two means in standard errors: rules out false alarms in a run's hundreds of polls."""

MIN_LENGTH = 200.0
"""Characters. Answers shorter than this are never too long, whatever the ratio."""

P = TypeVar("P", bound=Point)


def breaker_findings(
    metrics: TrainingMetrics, rules: BreakerRequest, earlier: Sequence[Finding], *, at: datetime, may_stop: bool = True
) -> tuple[Finding, ...]:
    """Returns new findings. If nothing can be stopped any more, all are warnings."""
    known = {finding.signal for finding in earlier}
    found: list[Finding] = []
    for name, signal in SIGNALS.items():
        rule = getattr(rules, name)
        message = signal(metrics, rule) if name not in known and rule.action != "off" else ""
        if message:
            action = rule.action if may_stop else "warn"
            found.append(Finding(signal=name, action=action, message=message, step=metrics.steps, at=at))
    return tuple(found)


def tripped(found: Iterable[Finding]) -> Finding | None:
    return next((finding for finding in found if finding.action == "stop"), None)


def error_share(metrics: TrainingMetrics, rule: ErrorShare) -> str:
    """Share of rollouts of the last steps that could not be graded."""
    recent = _last(metrics.training, rule.steps)
    rollouts, errors = sum(p.rollouts for p in recent), sum(p.errors for p in recent)
    if not recent or errors <= rule.limit * rollouts:
        return ""
    share = f"{errors / rollouts:.1%} of the rollouts ({errors} of {rollouts})"
    return f"{share} of the last {rule.steps} steps could not be graded; {rule.limit:.1%} are allowed"


def flat_groups(metrics: TrainingMetrics, rule: FlatGroups) -> str:
    # Flat groups give no gradient, because GRPO compares the answers within a group.
    recent, first = _last(metrics.training, rule.steps), _first(metrics.training, rule.steps)
    flat = weighted_mean([(p.flat_groups, p.groups) for p in recent])
    now, before = _reward(recent), _reward(first)
    if flat is None or now is None or before is None or flat < rule.limit or now - before >= rule.gain:
        return ""
    return (
        f"{flat:.1%} of the groups of the last {rule.steps} steps are flat, and the reward went from {before:.3f} to "
        f"{now:.3f}: there is nothing to learn from"
    )


def reward_collapse(metrics: TrainingMetrics, rule: RewardCollapse) -> str:
    """The reward has fallen far below its best: the policy has degraded."""
    recent = _last(metrics.training, rule.steps)
    best = _best(metrics.training[: -len(recent)] if recent else (), rule.steps, lambda point: point.steps)
    now, then = _reward(recent), _reward(best)
    if now is None or then is None or then - now <= rule.limit * then or not _certain(recent, best, _by_group):
        return ""
    return (
        f"the reward of the last {rule.steps} steps is {now:.3f}; at step {best[-1].step} it was {then:.3f}, so "
        f"{1 - now / then:.0%} is lost; {rule.limit:.0%} are allowed"
    )


def validation_falls(metrics: TrainingMetrics, rule: ValidationFalls) -> str:
    """Training gains do not generalise: overfitting, or an exploit of the grader."""
    recent = metrics.validation[-rule.passes :]
    best = _best(metrics.validation[: -rule.passes], rule.passes, lambda point: point.passes)
    now, then = _reward(recent), _reward(best)
    if now is None or then is None or then - now <= rule.limit or not _certain(recent, best, _by_answer):
        return ""
    rise = _rise(metrics.training, since=best[-1].step)
    if rise is None or rise <= rule.rise:
        return ""
    return (
        f"validation fell from {then:.3f} at step {best[-1].step} to {now:.3f}, by more than {rule.limit:g}, while "
        f"the training reward rose by {rise:.3f}"
    )


def answer_length(metrics: TrainingMetrics, rule: AnswerLength) -> str:
    """Unbounded growth indicates a grader that rewards length; every token also costs money."""
    recent, first = _last(metrics.training, rule.steps), _first(metrics.training, rule.steps)
    now, before = _length(recent), _length(first)
    if now is None or before is None or now < MIN_LENGTH or now <= rule.limit * before:
        return ""
    return (
        f"answers of the last {rule.steps} steps have {now:.0f} characters on average, those of the first "
        f"{rule.steps} had {before:.0f}; {rule.limit:g} times that is allowed"
    )


def judge_calls(metrics: TrainingMetrics, rule: JudgeCalls) -> str:
    """Budget of judge calls, including retries."""
    calls = metrics.judge.calls if metrics.judge else 0
    if rule.limit is None or calls <= rule.limit:
        return ""
    return f"the judges were called {calls:,} times; {rule.limit:,} are allowed"


def judge_cost(metrics: TrainingMetrics, rule: JudgeCost) -> str:
    """Budget of judge cost, from reported tokens and the request's prices."""
    judge = metrics.judge
    if judge is None or rule.limit is None:
        return ""
    read = (judge.input_tokens + judge.cached_tokens) * (rule.usd_per_million_input_tokens or 0.0)
    cost = (read + judge.output_tokens * (rule.usd_per_million_output_tokens or 0.0)) / 1e6
    if cost <= rule.limit:
        return ""
    return f"the judges' tokens cost about {cost:,.2f} USD by the prices in the request; {rule.limit:,.2f} are allowed"


SIGNALS: Mapping[SignalName, Callable[[TrainingMetrics, Any], str]] = {
    "error_share": error_share,
    "flat_groups": flat_groups,
    "reward_collapse": reward_collapse,
    "validation_falls": validation_falls,
    "answer_length": answer_length,
    "reward_hacking": reward_hacking,
    "judge_calls": judge_calls,
    "judge_cost": judge_cost,
}
"""Signals by name, each with the rule of that name in a BreakerRequest."""


def _last(points: Sequence[TrainingPoint], steps: int) -> Sequence[TrainingPoint]:
    """The newest `steps` points, each one step wide; empty if there are fewer."""
    return points[-steps:] if len(points) >= steps else ()


def _first(points: Sequence[TrainingPoint], steps: int) -> Sequence[TrainingPoint]:
    """The oldest points that cover at least `steps` steps; empty if there are fewer."""
    covered = 0
    for count, point in enumerate(points, 1):
        covered += point.steps
        if covered >= steps:
            return points[:count]
    return ()


def _best(points: Sequence[P], width: int, width_of: Callable[[P], int]) -> Sequence[P]:
    """The consecutive points with the highest reward that cover at least `width` steps; empty if there are fewer."""
    best: Sequence[P] = ()
    start, covered = 0, 0
    for end, point in enumerate(points, 1):
        covered += width_of(point)
        while covered - width_of(points[start]) >= width:
            covered -= width_of(points[start])
            start += 1
        if covered >= width and (_reward(points[start:end]) or 0.0) > (_reward(best) or 0.0):
            best = points[start:end]
    return best


def _rise(points: Sequence[TrainingPoint], *, since: int, steps: int = 10) -> float | None:
    """Increase of the mean reward from the points up to `since` to the newest steps."""
    now, then = _reward(points[-steps:]), _reward([p for p in points if p.step <= since][-steps:])
    return None if now is None or then is None else now - then


def _reward(points: Iterable[Point]) -> float | None:
    return weighted_mean([(p.reward, p.scored) for p in points])


def _length(points: Iterable[Point]) -> float | None:
    return weighted_mean([(p.length, p.rollouts) for p in points])


def _certain(some: Sequence[P], others: Sequence[P], count: Callable[[P], int]) -> bool:
    """Whether two mean rewards differ significantly."""
    one, other = _reward(some), _reward(others)
    if one is None or other is None:
        return False
    return abs(one - other) > CERTAIN * math.hypot(_error_of_mean(some, count), _error_of_mean(others, count))


def _error_of_mean(points: Sequence[P], count: Callable[[P], int]) -> float:
    spread = weighted_mean([(p.spread, p.scored) for p in points]) or 0.0
    return spread / math.sqrt(max(1, sum(count(p) for p in points)))


def _by_group(point: TrainingPoint) -> int:
    # Effective sample size: answers to one prompt are correlated, so a group counts as one.
    return point.groups or point.scored


def _by_answer(point: ValidationPoint) -> int:
    return point.scored
