"""Whether the same answer earns the same score, whenever and in whatever company and form it comes, and in time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from statistics import fmean

from rft.contracts.agreement import Interval
from rft.contracts.checks import Check, CheckPart, CheckResult
from rft.contracts.thresholds import Thresholds
from rft.smoke_test.checks.result import Offender, skipped, too_high, worst_examples
from rft.smoke_test.evidence import Evidence
from rft.smoke_test.plan import ALONE, REORDERED, ROUNDS
from rft.smoke_test.replies import SWEEP, Scored
from rft.smoke_test.shapes import SHAPES
from rft.smoke_test.statistics import mean_interval, wilson

P95_SHARE = 0.05
"""More slow batches than this, and p95 is slow."""

MAX_WAIT = 300
"""Seconds that the smoke test waits for a grader: what stands for its timeout where that cannot be looked up."""


def repeatability(evidence: Evidence, thresholds: Thresholds) -> Check:
    """The same batch three times: how far scores of one answer lie apart on average."""
    rounds = _rounds(evidence)
    apart = {key: fmean(abs(a - b) for a, b in combinations(scores, 2)) for key, scores in rounds.items()}
    if not apart:
        return skipped("repeatability", evidence, "no answer was scored in every round")
    mean = fmean(apart.values())
    return Check(
        name="repeatability",
        result=too_high(mean, block=thresholds.repeatability_block, warn=thresholds.repeatability_warn),
        detail=f"rescoring {len(apart)} answers {len(ROUNDS)} times changed scores by {mean:.3f} on average "
        f"(max {thresholds.repeatability_block})",
        n=len(apart),
        statistic="mean absolute difference between rounds",
        value=mean,
        interval=mean_interval(list(apart.values())),
        comparison="<=",
        limit=thresholds.repeatability_block,
        warn_limit=thresholds.repeatability_warn,
        worst_examples=worst_examples(
            (apart[s.probe.id], s.probe.source.row.task_id, f"{s.probe.kind}: {_listed(rounds[s.probe.id])}")
            for s in evidence.trial(ROUNDS[0])
            if s.probe.id in apart
        ),
    )


def batch_independence(evidence: Evidence, thresholds: Thresholds) -> Check:
    """The same answers alone, in another order and among others: scores change no more than between rounds."""
    return _unchanged(
        "batch_independence",
        "sent",
        {"alone": ALONE, "in another order": REORDERED, "in a larger batch": SWEEP},
        evidence,
        thresholds,
    )


def payload_shapes(evidence: Evidence, thresholds: Thresholds) -> Check:
    """The same answers in every payload shape that AWS documents: scores change no more than between rounds."""
    return _unchanged("payload_shapes", "sent as", {shape: shape for shape in SHAPES}, evidence, thresholds)


def load(evidence: Evidence, thresholds: Thresholds) -> Check:
    """As many parallel batches as training is expected to send: p95 stays under a share of the grader's timeout.

    Seconds stand in the report's `times`; here stands how many batches were too slow.
    """
    n = len(evidence.load)
    if n == 0:
        return skipped("load", evidence, "no batch was sent under load")
    timeout = evidence.timeout or MAX_WAIT
    limit, refused = timeout * thresholds.load_block, sum(seconds is None for seconds in evidence.load)
    slow = refused + sum(seconds is not None and seconds > limit for seconds in evidence.load)
    origin = "the grader's timeout" if evidence.timeout else "all that this test waits, as its timeout is not known"
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


def _rounds(evidence: Evidence) -> dict[str, list[float]]:
    """Scores of each answer that has one in every round."""
    found: dict[str, list[float]] = {}
    for s in evidence.trial(*ROUNDS):
        if s.score is not None:
            found.setdefault(s.probe.id, []).append(s.score)
    return {key: scores for key, scores in found.items() if len(scores) == len(ROUNDS)}


def _unchanged(name: str, how: str, trials: Mapping[str, str], evidence: Evidence, thresholds: Thresholds) -> Check:
    usual = {key: round(fmean(scores), 12) for key, scores in _rounds(evidence).items()}
    noise = repeatability(evidence, thresholds).interval
    parts = [part for label, trial in trials.items() if (part := _change(label, evidence.trial(trial), usual))]
    if noise is None or not parts:
        return skipped(name, evidence, "no answer was scored both in the rounds and otherwise")
    limit = noise[1] + thresholds.independence_tolerance
    most = max(parts, key=lambda part: part.value)
    return Check(
        name=name,
        result=CheckResult.BLOCK if most.value > limit else CheckResult.PASS,
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
