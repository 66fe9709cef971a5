"""Checks that scores separate right answers from wrong ones. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import fmean

from rft.contracts.agreement import Interval
from rft.contracts.checks import Check, CheckPart, CheckResult
from rft.contracts.thresholds import Thresholds
from rft.smoke_test.checks.result import ADD_PROBES, EPSILON, rate_result, skipped, too_high, worst_examples
from rft.smoke_test.evidence import Evidence
from rft.smoke_test.probes import EMPTY, OFF_TOPIC, RIGHT, SWAPPED, WRONG
from rft.smoke_test.replies import Scored
from rft.smoke_test.statistics import bootstrap, deviation, mean_interval, smallest_rate, wilson

KNOWN_WRONG = (WRONG, SWAPPED)
TIE = 0.5


def spread(evidence: Evidence, thresholds: Thresholds) -> Check:
    """Right and wrong answers earn different scores: training learns from differences only.

    If the rows have no wrong answers, those that are wrong for any task replace them.
    """
    kinds = (RIGHT, WRONG) if evidence.earned(WRONG) else (RIGHT, OFF_TOPIC, EMPTY)
    earned, groups = evidence.earned(*kinds), _groups(evidence.rows, kinds)
    if not evidence.earned(RIGHT) or len(earned) < 2:
        return skipped("spread", evidence, "no row has two scored right answers")
    apart, flat = deviation(earned), sum(max(g) - min(g) <= EPSILON for g in groups)
    flat_share = flat / len(groups) if groups else 0.0
    result = too_high(flat_share, block=thresholds.flat_block, warn=thresholds.flat_warn)
    if apart < thresholds.spread_block:
        result = CheckResult.BLOCK
    detail = (
        f"std dev {apart:.3f} over {len(earned)} scores (min {thresholds.spread_block}); "
        f"ties on {flat}/{len(groups)} rows (max {thresholds.flat_block:.0%})"
    )
    return Check(
        name="spread",
        result=result,
        detail=_spread_reason(evidence, earned, thresholds.spread_block) + detail,
        n=len(earned),
        statistic="standard deviation of scores",
        value=apart,
        interval=bootstrap(earned, deviation),
        comparison=">=",
        limit=thresholds.spread_block,
        parts=(
            CheckPart(
                name="rows whose answers all tie", n=len(groups), value=flat_share, interval=wilson(flat, len(groups))
            ),
        ),
    )


def direction(evidence: Evidence, thresholds: Thresholds) -> Check:
    """The share of (right, wrong) pairs of a row in which the right answer does not score more.

    A tie counts half. Each row has the same weight, whatever its number of pairs; the interval over rows decides. Where
    annotators compared two responses, good judges agree with them in three of four rows, so the limits are wider.
    """
    lost = [(share, row[0].probe.source.row.task_id) for row in evidence.rows if (share := _lost(row)) is not None]
    if not lost:
        return skipped("direction", evidence, f"no row has scores for both a right and a wrong answer; {ADD_PROBES}")
    block, warn = thresholds.direction_block, thresholds.direction_warn
    if evidence.comparisons:
        block, warn = thresholds.compared_block, thresholds.compared_warn
    shares = [share for share, _ in lost]
    value, interval = fmean(shares), mean_interval(shares) or (0.0, 1.0)
    ties = sum(share == TIE for share in shares)
    return Check(
        name="direction",
        result=rate_result(value, interval, block=block, warn=warn),
        detail=f"right does not beat wrong in {value:.0%} of pairs (max {block:.0%}); ties on {ties}/{len(lost)} rows",
        n=len(lost),
        statistic="share of (right, wrong) pairs that right does not win",
        value=value,
        interval=interval,
        smallest_rate=smallest_rate(len(lost)),
        comparison="<=",
        unit="%",
        limit=block,
        warn_limit=warn,
        worst_examples=worst_examples(
            (share, task_id, f"right does not beat wrong in {share:.0%} of pairs") for share, task_id in lost if share
        ),
    )


def minimum(evidence: Evidence, thresholds: Thresholds) -> Check:
    """Right answers earn enough on average. Without a right answer the grader is untested, which blocks."""
    limit = thresholds.minimum_block
    if evidence.swept and not any(s.probe.kind == RIGHT for s in evidence.swept):
        detail = f"no sampled row has a right answer, so nothing proves the grader; {ADD_PROBES}"
        return Check(name="minimum", result=CheckResult.BLOCK, detail=detail, limit=limit)
    scored = [
        (s.score, s.probe.source.row.task_id) for s in evidence.swept if s.probe.kind == RIGHT and s.score is not None
    ]
    if not scored:
        return skipped("minimum", evidence, "no right answer was scored")
    mean = fmean(score for score, _ in scored)
    interval = mean_interval([score for score, _ in scored]) or (0.0, 1.0)
    return Check(
        name="minimum",
        result=_level(mean, interval, limit, thresholds.minimum_warn),
        detail=f"mean score {mean:.2f} over {len(scored)} right answers (min {limit})",
        n=len(scored),
        statistic="mean score of right answers",
        value=mean,
        interval=interval,
        comparison=">=",
        limit=limit,
        warn_limit=thresholds.minimum_warn,
        worst_examples=worst_examples(
            (-score, task_id, f"a right answer earned {score:.2f}") for score, task_id in scored
        ),
    )


def _spread_reason(evidence: Evidence, earned: list[float], limit: float) -> str:
    """An explanation of the figures, shown before them."""
    if deviation([s.score for s in evidence.swept if s.score is not None]) < limit:
        about = f"the grader is constant at about {fmean(earned):.2f}, whatever the answer"
        judged = ", as if its judge were down" if evidence.judge_work is not None else ""
        return f"{about}{judged}: "
    return f"right and wrong answers earn alike, about {fmean(earned):.2f}: " if deviation(earned) < limit else ""


def _groups(rows: Iterable[list[Scored]], kinds: tuple[str, ...]) -> list[list[float]]:
    groups = ([s.score for s in row if s.probe.kind in kinds and s.score is not None] for row in rows)
    return [group for group in groups if len(group) > 1]


def _lost(row: list[Scored]) -> float | None:
    """The share of the row's (right, wrong) pairs that the right answer does not win; None if a score is missing."""
    own = [s for s in row if s.probe.kind in (RIGHT, *KNOWN_WRONG)]
    right = [s.score for s in own if s.probe.kind == RIGHT and s.score is not None]
    wrong = [s.score for s in own if s.probe.kind in KNOWN_WRONG and s.score is not None]
    if not right or not wrong or len(right) + len(wrong) < len(own):
        return None
    return fmean(TIE if abs(r - w) <= EPSILON else float(r < w) for r in right for w in wrong)


def _level(mean: float, interval: Interval, block: float, warn: float) -> CheckResult:
    if interval[1] < block:
        return CheckResult.BLOCK
    if mean < block:
        return CheckResult.UNDECIDED
    return CheckResult.WARN if mean < warn else CheckResult.PASS
