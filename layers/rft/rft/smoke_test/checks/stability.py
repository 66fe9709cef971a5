"""Checks that a score is the same in every call, batch and payload shape, and arrives in time. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from statistics import fmean

from rft.contracts.agreement import Interval
from rft.contracts.checks import Check, CheckPart, CheckResult
from rft.contracts.thresholds import Thresholds
from rft.smoke_test.checks.result import EPSILON, Offender, skipped, worst_examples
from rft.smoke_test.evidence import Evidence
from rft.smoke_test.plan import ALONE, ANOTHER_TIME, REORDERED, ROUNDS, SAME_ID
from rft.smoke_test.probes import RIGHT
from rft.smoke_test.replies import SWEEP, Scored
from rft.smoke_test.shapes import CONVERSATION, SHAPES
from rft.smoke_test.statistics import chance_beyond, mean_interval, wilson

P95_SHARE = 0.05
"""Share of slow batches above which p95 is slow."""

LOST_SCORES = 0.05
"""Share of calls in which a right answer may lose its score: a judge that fails in one of five calls loses 14 of 70."""

MAX_WAIT = 300
"""Seconds that the smoke test waits for a grader; replaces the grader's timeout if that cannot be read."""


def repeatability(evidence: Evidence, thresholds: Thresholds) -> Check:
    """The same batch three times: the mean difference between scores of one answer.

    The limit is a third of the gap between right and wrong answers if that is less than the threshold. A right answer
    that loses its score in one of many calls indicates a judge that fails silently.
    """
    rounds = evidence.rounds
    apart = {key: fmean(abs(a - b) for a, b in combinations(scores, 2)) for key, scores in rounds.items()}
    if not apart:
        return skipped("repeatability", evidence, "no answer was scored in every round")
    mean, interval = fmean(apart.values()), mean_interval(list(apart.values())) or (0.0, 1.0)
    limit = min(thresholds.repeatability_block, evidence.gap / 3 or 1.0)
    lost, calls = _lost_scores(evidence, thresholds.attack_share)
    result, chance = _noise_result(mean, interval, limit, lost, calls)
    if result == CheckResult.PASS and (mean > thresholds.repeatability_warn or lost):
        result = CheckResult.WARN
    silent = f"; right answers lost their score in {lost}/{calls} calls" if lost else ""
    return Check(
        name="repeatability",
        result=result,
        chance=chance,
        detail=f"rescoring {len(apart)} answers {len(ROUNDS)} times changed scores by {mean:.3f} on average "
        f"(max {limit:.3g}){silent}",
        n=len(apart),
        statistic="mean absolute difference between rounds",
        value=mean,
        interval=interval,
        comparison="<=",
        limit=limit,
        warn_limit=thresholds.repeatability_warn,
        parts=(CheckPart(name="lost scores", n=calls, value=lost / calls, interval=wilson(lost, calls)),)
        if calls
        else (),
        worst_examples=worst_examples(
            (apart[s.probe.id], s.probe.source.row.task_id, f"{s.probe.kind}: {_listed(rounds[s.probe.id])}")
            for s in evidence.trial(ROUNDS[0])
            if s.probe.id in apart
        ),
    )


def _noise_result(
    mean: float, interval: Interval, limit: float, lost: int, calls: int
) -> tuple[CheckResult, float | None]:
    """By the mean difference and by lost scores; if one blocks, also the chance that a sound grader shows it."""
    lost_low = wilson(lost, calls)[0]
    chances = [chance_beyond(mean, interval[0], limit)] if interval[0] > limit else []
    if lost_low > LOST_SCORES:
        chances.append(chance_beyond(lost / calls, lost_low, LOST_SCORES))
    if chances:
        return CheckResult.BLOCK, min(chances)
    return (CheckResult.UNDECIDED if lost > LOST_SCORES * calls else CheckResult.PASS), None


def batch_independence(evidence: Evidence, thresholds: Thresholds) -> Check:
    """Answers sent alone, in another order and in larger batches: scores change no more than between rounds."""
    return unchanged(
        "batch_independence",
        "sent",
        {"alone": ALONE, "in another order": REORDERED, "in a larger batch": SWEEP},
        evidence,
        thresholds,
    )


def payload_shapes(evidence: Evidence, thresholds: Thresholds) -> Check:
    """Answers in every payload shape that AWS documents: scores change no more than between rounds."""
    return unchanged("payload_shapes", "sent as", {shape: shape for shape in SHAPES}, evidence, thresholds)


def load(evidence: Evidence, thresholds: Thresholds) -> Check:
    """The parallel batches expected in training: p95 stays below a share of the grader's timeout.

    The report's `times` has the seconds; the value here is the share of slow batches.
    """
    n = len(evidence.load)
    if n == 0:
        return skipped("load", evidence, "no batch was sent under load")
    timeout = evidence.timeout or MAX_WAIT
    limit, refused = timeout * thresholds.load_block, sum(seconds is None for seconds in evidence.load)
    slow = refused + sum(seconds is not None and seconds > limit for seconds in evidence.load)
    origin = (
        "the grader's timeout" if evidence.timeout else "the smoke test's own limit, as the grader's timeout is unknown"
    )
    detail = f"{slow} of {n} parallel batches took longer than {limit:g} s, {thresholds.load_block:.0%} of {origin}"
    if refused:
        detail += f"; {refused} of them were refused by Lambda: the grader's concurrency is too low"
    return Check(
        name="load",
        result=CheckResult.BLOCK if slow / n > P95_SHARE else CheckResult.PASS,
        detail=detail,
        n=n,
        statistic="rate of batches that were too slow",
        value=slow / n,
        interval=wilson(slow, n),
        comparison="<=",
        unit="%",
        limit=P95_SHARE,
    )


def _lost_scores(evidence: Evidence, share: float) -> tuple[int, int]:
    """Calls in which a usually passing right answer does not pass, of all calls of such answers.

    Returns both counts.
    """
    bar, found = evidence.bar(share), dict[str, list[bool]]()
    for s in evidence.scores:
        usual = s.probe.id in evidence.rounds and s.trial not in (SAME_ID, CONVERSATION, ANOTHER_TIME)
        if s.probe.kind == RIGHT and s.score is not None and usual:
            found.setdefault(s.probe.id, []).append(s.score >= bar - EPSILON)
    mostly = [passes for passes in found.values() if sum(passes) * 2 > len(passes)]
    return sum(not each for passes in mostly for each in passes), sum(map(len, mostly))


def unchanged(
    name: str,
    how: str,
    trials: Mapping[str, str],
    evidence: Evidence,
    thresholds: Thresholds,
    *,
    clear_only: bool = False,
) -> Check:
    """The scores of these trials (label → trial) equal those in the rounds; the largest change decides.

    `clear_only`: with so few answers the mean's interval is too wide; only clear changes block.
    """
    usual = {key: round(fmean(scores), 12) for key, scores in evidence.rounds.items()}
    noise = repeatability(evidence, thresholds).interval
    parts = [part for label, trial in trials.items() if (part := _change(label, evidence.trial(trial), usual))]
    if noise is None or not parts:
        return skipped(name, evidence, "no answer was scored both in the rounds and otherwise")
    limit = noise[1] + thresholds.independence_tolerance
    most = max(parts, key=lambda part: part.value)
    return Check(
        name=name,
        result=_change_result(most, limit, _clear_changes(evidence, trials[most.name], usual), clear_only=clear_only),
        detail=f"{most.n} answers {how} {most.name} changed by {most.value:.3f} on average, the largest of "
        f"{len(parts)} variants (max {limit:.3f})",
        n=most.n,
        statistic="largest mean absolute change",
        value=most.value,
        interval=most.interval,
        comparison="<=",
        limit=limit,
        parts=tuple(parts),
        worst_examples=worst_examples(_changes(evidence.trial(*trials.values()), usual)),
    )


CLEAR_CHANGES = 2
"""Answers whose score changes by half of the gap between right and wrong, and by four times the judge's noise."""


def _change_result(most: CheckPart, limit: float, clear: int, *, clear_only: bool) -> CheckResult:
    if most.value <= limit:
        return CheckResult.PASS
    surely = most.interval is not None and most.interval[0] > limit and not clear_only
    # Few answers are sent, so two clear changes block even if the mean's interval does not.
    return CheckResult.BLOCK if surely or clear >= CLEAR_CHANGES else CheckResult.WARN


def _clear_changes(evidence: Evidence, trial: str, usual: Mapping[str, float]) -> int:
    least = max(evidence.gap / 2, 4 * evidence.noise, EPSILON)
    return sum(change >= least for change, _, _ in _changes(evidence.trial(trial), usual))


def _change(label: str, scores: Sequence[Scored], usual: Mapping[str, float]) -> CheckPart | None:
    apart = [blame for blame, _, _ in _changes(scores, usual)]
    if not apart:
        return None
    interval: Interval | None = mean_interval(apart)
    return CheckPart(name=label, n=len(apart), value=fmean(apart), interval=interval)


def _changes(scores: Sequence[Scored], usual: Mapping[str, float]) -> list[Offender]:
    return [
        (
            abs(s.score - usual[s.probe.id]),
            s.probe.source.row.task_id,
            f"{s.probe.kind}: {s.score:.2f} in trial {s.trial}, {usual[s.probe.id]:.2f} in the rounds",
        )
        for s in scores
        if s.score is not None and s.probe.id in usual
    ]


def _listed(scores: Sequence[float]) -> str:
    return ", ".join(f"{score:.2f}" for score in scores)
