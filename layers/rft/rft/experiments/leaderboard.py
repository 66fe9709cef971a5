"""Ranks arms and tests whether the leader's lead is statistically significant. Pure.

Arms are compared pairwise on their shared test rows, clustered by prompt group. Because the leader is selected from all
arms by the same data, every pair counts as tested: p-values are Bonferroni-corrected over all pairs, intervals over all
arms (Hsu 1996, "Multiple Comparisons", ch. 4).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist, fmean

from rft.contracts.agreement import Interval
from rft.contracts.experiments.record import ArmStanding, Conclusion, Leaderboard
from rft.contracts.experiments.request import Objective
from rft.evaluation.distributions import student_quantile, student_two_sided
from rft.evaluation.paired import ScorePair, clustered_error, group_totals
from rft.evaluation.verdict import FEWEST_GROUPS

ALPHA = 0.05
_NORMAL = NormalDist()


@dataclass(frozen=True)
class RowValue:
    """An arm's gain on one test row: the tuned model's score minus its base model's."""

    group: str
    gain: float


@dataclass(frozen=True)
class ArmScore:
    """An evaluated arm. `rows` by row id; empty if the objective is not a mean over rows, such as kappa.

    `freedom`: degrees of freedom of Student's t for `error`; None for a normal approximation.
    """

    name: str
    estimate: float
    error: float | None
    freedom: int | None
    rows: Mapping[str, RowValue]


def mean_score(name: str, rows: Mapping[str, RowValue]) -> ArmScore:
    """Scores an arm by the mean gain over its rows. Raises ValueError without rows."""
    if not rows:
        raise ValueError("no rows to score an arm by")
    estimate = fmean(row.gain for row in rows.values())
    totals = group_totals([ScorePair(row_id, row.group, 0.0, row.gain) for row_id, row in rows.items()])
    return ArmScore(name, estimate, clustered_error(totals, estimate), len(totals) - 1, rows)


def leaderboard(scores: Sequence[ArmScore], objective: Objective, arms: int) -> Leaderboard:
    """`arms`: number of started arms including stopped ones; corrections are for all of them."""
    ordered = sorted(scores, key=lambda each: -each.estimate)
    if not ordered:
        return Leaderboard(objective=objective, conclusion="not_comparable", arms=arms, standings=(), best=())
    leader, pairs = ordered[0], max(1, arms * (arms - 1) // 2)
    adjusted = {each.name: _adjusted(leader, each, pairs) for each in ordered[1:]}
    best = (leader.name, *(name for name, p in adjusted.items() if p is None or p >= ALPHA))
    standings = tuple(
        ArmStanding(
            rank=rank,
            arm=each.name,
            estimate=each.estimate,
            interval=_interval(each, arms),
            rows=len(each.rows),
            p_behind_leader=adjusted.get(each.name),
            among_best=each.name in best,
        )
        for rank, each in enumerate(ordered, 1)
    )
    conclusion = _conclusion(ordered, best, adjusted)
    return Leaderboard(objective=objective, conclusion=conclusion, arms=arms, standings=standings, best=best)


def _conclusion(ordered: Sequence[ArmScore], best: Sequence[str], adjusted: Mapping[str, float | None]) -> Conclusion:
    if None in adjusted.values():
        return "not_comparable"
    # If only the leader was evaluated, because the others were stopped, it counts as better than none of them.
    if len(best) == 1 and len(ordered) > 1:
        return "winner"
    return "no_difference_shown" if len(best) == len(ordered) else "several_best"


def _interval(score: ArmScore, arms: int) -> Interval | None:
    """Simultaneous 95 % interval for all arms (Bonferroni)."""
    if score.error is None or (score.freedom is not None and score.freedom < FEWEST_GROUPS - 1):
        return None
    share = 1 - ALPHA / (2 * max(1, arms))
    times = _NORMAL.inv_cdf(share) if score.freedom is None else student_quantile(share, score.freedom)
    return score.estimate - times * score.error, score.estimate + times * score.error


def _adjusted(leader: ArmScore, other: ArmScore, pairs: int) -> float | None:
    """Adjusted p-value of the leader's lead; None if the two cannot be compared."""
    p = _paired_p(leader, other)
    p = _unpaired_p(leader, other) if p is None else p
    return None if p is None else min(1.0, p * pairs)


def _paired_p(leader: ArmScore, other: ArmScore) -> float | None:
    """Paired p-value on shared rows; None for fewer than ten groups."""
    shared = [
        ScorePair(row_id, row.group, other.rows[row_id].gain, row.gain)
        for row_id, row in leader.rows.items()
        if row_id in other.rows
    ]
    totals = group_totals(shared)
    if len(totals) < FEWEST_GROUPS:
        return None
    mean = fmean(pair.difference for pair in shared)
    error = clustered_error(totals, mean)
    return None if error is None else _p_value(mean, error, len(totals) - 1)


def _unpaired_p(leader: ArmScore, other: ArmScore) -> float | None:
    if leader.error is None or other.error is None:
        return None
    freedom = [each.freedom for each in (leader, other) if each.freedom is not None]
    if freedom and min(freedom) < FEWEST_GROUPS - 1:
        return None
    error = math.hypot(leader.error, other.error)
    return _p_value(leader.estimate - other.estimate, error, min(freedom) if freedom else None)


def _p_value(value: float, error: float, freedom: int | None) -> float:
    if error == 0:
        return 1.0 if value == 0 else 0.0
    if freedom is None:
        return 2 * (1 - _NORMAL.cdf(abs(value / error)))
    return student_two_sided(value / error, freedom)
