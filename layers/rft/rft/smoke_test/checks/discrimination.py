"""Whether scores say what answers are worth."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import fmean

from rft.contracts.checks import Check, CheckPart, CheckResult
from rft.contracts.thresholds import Thresholds
from rft.smoke_test.checks.result import ADD_PROBES, EPSILON, skipped, too_high, too_low, worst_examples
from rft.smoke_test.evidence import Evidence
from rft.smoke_test.probes import EMPTY, OFF_TOPIC, RIGHT, SWAPPED, WRONG
from rft.smoke_test.replies import Scored
from rft.smoke_test.statistics import bootstrap, deviation, mean_interval, wilson

KNOWN_WRONG = (WRONG, SWAPPED)
RIVALS = (*KNOWN_WRONG, OFF_TOPIC, EMPTY)


def spread(evidence: Evidence, thresholds: Thresholds) -> Check:
    """Right and wrong answers earn different scores: training learns from differences alone.

    Where the rows know no wrong answers, those that are wrong for any task stand in for them.
    """
    kinds = (RIGHT, WRONG) if evidence.earned(WRONG) else (RIGHT, OFF_TOPIC, EMPTY)
    earned, groups = evidence.earned(*kinds), _groups(evidence.rows, kinds)
    if not evidence.earned(RIGHT) or len(earned) < 2:
        return skipped("spread", evidence, "no right answer was scored beside another")
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
    """On each row every right answer earns more than every other one; a tie counts against the grader.

    Measured on rows that know a wrong answer. Where none does, off-topic and empty answers can show that a grader
    fails, but never that it passes.
    """
    known = [row for row in evidence.rows if any(s.probe.kind in KNOWN_WRONG for s in row)]
    margins = [
        (m, row[0].probe.source.row.task_id) for row in known or evidence.rows if (m := _margin(row)) is not None
    ]
    if not margins:
        return skipped("direction", evidence, f"no row has scores for both a right and a wrong answer; {ADD_PROBES}")
    n, failed = len(margins), sum(m <= EPSILON for m, _ in margins)
    tied = sum(abs(m) <= EPSILON for m, _ in margins)
    result = too_high(failed / n, block=thresholds.direction_block, warn=thresholds.direction_warn)
    rivals = "wrong" if known else "off-topic and empty answers"
    detail = (
        f"right scores below or equal to {rivals} on {failed}/{n} rows, {tied} of them ties "
        f"(max {thresholds.direction_block:.0%})"
    )
    if not known and result != CheckResult.BLOCK:
        result, detail = CheckResult.SKIPPED, f"{detail}, but no row has a wrong answer; {ADD_PROBES}"
    return Check(
        name="direction",
        result=result,
        detail=detail,
        n=n,
        statistic="rate of rows where right does not beat wrong",
        value=failed / n,
        interval=wilson(failed, n),
        comparison="<=",
        unit="%",
        limit=thresholds.direction_block,
        warn_limit=thresholds.direction_warn,
        worst_examples=worst_examples(
            (-m, task_id, f"worst right answer {m:+.2f} against the best other") for m, task_id in margins
        ),
    )


def minimum(evidence: Evidence, thresholds: Thresholds) -> Check:
    """Right answers earn enough on average. Without a single right answer nothing is proven, and that blocks."""
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
    return Check(
        name="minimum",
        result=too_low(mean, block=limit, warn=thresholds.minimum_warn),
        detail=f"mean score {mean:.2f} over {len(scored)} right answers (min {limit})",
        n=len(scored),
        statistic="mean score of right answers",
        value=mean,
        interval=mean_interval([score for score, _ in scored]),
        comparison=">=",
        limit=limit,
        warn_limit=thresholds.minimum_warn,
        worst_examples=worst_examples(
            (-score, task_id, f"a right answer earned {score:.2f}") for score, task_id in scored
        ),
    )


def _spread_reason(evidence: Evidence, earned: list[float], limit: float) -> str:
    """What the numbers mean, ahead of them."""
    if deviation([s.score for s in evidence.swept if s.score is not None]) < limit:
        about = f"the grader is constant at about {fmean(earned):.2f}, whatever the answer"
        judged = ", as one whose judge is down without saying so" if evidence.judge_work is not None else ""
        return f"{about}{judged}: "
    return f"right and wrong answers earn alike, about {fmean(earned):.2f}: " if deviation(earned) < limit else ""


def _groups(rows: Iterable[list[Scored]], kinds: tuple[str, ...]) -> list[list[float]]:
    groups = ([s.score for s in row if s.probe.kind in kinds and s.score is not None] for row in rows)
    return [group for group in groups if len(group) > 1]


def _margin(row: list[Scored]) -> float | None:
    """By how much the worst right answer beats the best other one; None where one of them has no score."""
    right = [s.score for s in row if s.probe.kind == RIGHT]
    rivals = [s.score for s in row if s.probe.kind in RIVALS]
    scored = [score for score in right + rivals if score is not None]
    if not right or not rivals or len(scored) < len(right) + len(rivals):
        return None
    return min(scored[: len(right)]) - max(scored[len(right) :])
