"""Decides whether a pilot supports starting the full run. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rft.contracts.agreement import Interval
from rft.contracts.experiments.pilot import FullRunForecast, PilotSummary, PilotVerdict
from rft.contracts.forecast import Forecast, Range
from rft.contracts.ledger import RunRecord
from rft.contracts.metrics import TrainingPoint
from rft.evaluation.distributions import student_quantile

FLAT_BLOCK = 0.8
"""Share of flat groups above which little training signal remains; consistent with smoke test and breaker."""

MIN_POINTS = 3
"""Minimum steps for a slope with an interval: two points always lie on a line."""


@dataclass(frozen=True)
class Slope:
    """Change of reward per step with its 95 % interval."""

    value: float
    interval: Interval


def pilot_result(record: RunRecord) -> PilotSummary:
    before = record.pilot or PilotSummary()
    metrics = record.metrics
    if metrics is None:
        return before
    slope, flat = reward_slope(metrics.training), flat_share(metrics.training)
    against = list(_against(record, slope, flat))
    speaks_for = list(_speaks_for(record, slope))
    verdict, reasons = _verdict(against, speaks_for, slope)
    return PilotSummary(
        verdict=verdict,
        reasons=reasons,
        steps=metrics.steps,
        slope=slope.value if slope else None,
        interval=slope.interval if slope else None,
        flat_share=flat,
        full_run=_paced(before.full_run, record),
    )


def reward_slope(points: Sequence[TrainingPoint]) -> Slope | None:
    """Weighted least squares of reward on step; None for fewer than three steps with scores, or without spread.

    A step's variance is estimated from its scores, clustered by prompt.
    """
    known = [(p.step, p.reward, (p.groups or p.scored) / max(p.spread or 0.0, 1e-6) ** 2) for p in points
             if p.reward is not None and p.scored]  # fmt: skip
    if len(known) < MIN_POINTS:
        return None
    total = sum(w for _, _, w in known)
    centre, mean = (sum(pick[at] * pick[2] for pick in known) / total for at in (0, 1))
    width = sum(w * (x - centre) ** 2 for x, _, w in known)
    value = sum(w * (x - centre) * (y - mean) for x, y, w in known) / width
    scatter = sum(w * (y - mean - value * (x - centre)) ** 2 for x, y, w in known) / (len(known) - 2)
    # If steps scatter more than their estimated variance, the larger residual variance is used.
    half = student_quantile(0.975, len(known) - 2) * math.sqrt(max(1.0, scatter) / width)
    return Slope(value, (value - half, value + half))


def flat_share(points: Sequence[TrainingPoint]) -> float | None:
    """Share of flat groups in the second half of the steps."""
    later = [p for p in points[len(points) // 2 :] if p.flat_groups is not None and p.groups]
    groups = sum(p.groups for p in later)
    return sum((p.flat_groups or 0.0) * p.groups for p in later) / groups if groups else None


def _verdict(
    against: Sequence[str], speaks_for: Sequence[str], slope: Slope | None
) -> tuple[PilotVerdict, tuple[str, ...]]:
    # Evidence against the full run takes precedence: a model that exploits the grader also shows a rising reward.
    if against:
        return "not_worthwhile", (*against, *speaks_for)
    if speaks_for:
        return "worthwhile", tuple(speaks_for)
    if slope is None:
        return "inconclusive", (f"fewer than {MIN_POINTS} training steps have scores: no slope can be estimated",)
    low, high = slope.interval
    why = f"the reward changes by {low:+.4f} to {high:+.4f} a step, so it may rise or not; more rows give more steps"
    return "inconclusive", (why,)


def _against(record: RunRecord, slope: Slope | None, flat: float | None) -> Iterator[str]:
    yield from (f"breaker, {each.signal}: {each.message}" for each in record.breaker if each.action == "stop")
    evaluation = record.evaluation
    if evaluation is not None and evaluation.verdict == "worse":
        yield f"the trained model scores lower than the base model ({evaluation.difference:+.3f})"
    if slope is not None and slope.interval[1] < 0:
        yield f"the reward falls: {slope.interval[0]:+.4f} to {slope.interval[1]:+.4f} a step"
    rises = slope is not None and slope.interval[0] > 0
    if flat is not None and flat >= FLAT_BLOCK and not rises:
        yield f"{flat:.0%} of the groups are flat: their rollouts all have the same score and give no signal"


def _speaks_for(record: RunRecord, slope: Slope | None) -> Iterator[str]:
    if slope is not None and slope.interval[0] > 0:
        yield f"the reward rises: {slope.interval[0]:+.4f} to {slope.interval[1]:+.4f} a step"
    evaluation = record.evaluation
    if evaluation is not None and evaluation.verdict == "better" and evaluation.interval is not None:
        low, high = evaluation.interval
        yield f"the trained model scores higher than the base model ({low:+.3f} to {high:+.3f})"


def _paced(full: FullRunForecast | None, record: RunRecord) -> FullRunForecast | None:
    rollouts, hours = (record.metrics.rollouts if record.metrics else 0), (record.job.hours if record.job else 0.0)
    if full is None or rollouts == 0 or hours <= 0:
        return full
    pace, expected = rollouts / hours, full.forecast.rollouts
    high = None if expected.high is None else round(expected.high / pace, 2)
    training = Range(low=round(expected.low / pace, 2), high=high)
    return FullRunForecast(
        forecast=full.forecast,
        rollouts_per_hour=round(pace, 1),
        training_hours=training,
        cost_usd=_cost(full.forecast, training),
    )


def _cost(forecast: Forecast, hours: Range) -> Range | None:
    """The forecast's cost for other training hours; None if the hourly price or another component is unknown."""
    training = next((line.usd for line in forecast.cost if line.name == "training"), None)
    others = [line.usd for line in forecast.cost if line.name != "training"]
    most = forecast.training_hours.high
    if training is None or training.high is None or not most or hours.high is None:
        return None
    if any(each is None or each.high is None for each in others):
        return None
    price = training.high / most
    low, high = (sum(getattr(each, end) or 0.0 for each in others) for end in ("low", "high"))
    return Range(low=round(low + hours.low * price, 2), high=round(high + hours.high * price, 2))
