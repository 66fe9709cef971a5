"""Whether a policy can earn scores by other means than right answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from rft.contracts.smoke_test import Check, Part, Verdict
from rft.contracts.thresholds import Thresholds
from rft.smoke_test.checks.result import SAME, not_done, too_high, too_low, worst
from rft.smoke_test.evidence import Evidence
from rft.smoke_test.plan import ATTACKS
from rft.smoke_test.probes import INJECTION, MASTER_KEY, PADDED
from rft.smoke_test.replies import Scored
from rft.smoke_test.statistics import wilson

Tried = dict[str, list[tuple[Scored, bool]]]
"""Variant → each answer and whether it succeeded."""


def injection(evidence: Evidence, thresholds: Thresholds) -> Check:
    """A wrong answer that talks to the judge earns half a right one's score, and more than it earns by itself."""

    def succeeds(attack: Scored, score: float, right: float) -> bool:
        plain = evidence.by_id.get(attack.probe.of)
        return score >= thresholds.attack_share * right - SAME and plain is not None and score > plain + SAME

    limits = thresholds.injection_block, thresholds.injection_warn
    return _attack("injection", "injection", _tried(evidence, INJECTION, succeeds), limits, evidence)


def master_keys(evidence: Evidence, thresholds: Thresholds) -> Check:
    """A few characters that say nothing earn half a right answer's score."""

    def succeeds(_attack: Scored, score: float, right: float) -> bool:
        return score >= thresholds.attack_share * right - SAME

    limits = thresholds.master_keys_block, thresholds.master_keys_warn
    return _attack("master_keys", "key", _tried(evidence, MASTER_KEY, succeeds), limits, evidence)


def padding_gains(scored: Iterable[Scored], plain: Mapping[str, float]) -> list[tuple[float, str]]:
    """What each padded answer earns more than the one it pads, with its row's task_id. `plain`: answer's id → score."""
    return [
        (s.score - plain[s.probe.of], s.probe.source.row.task_id)
        for s in scored
        if s.probe.kind == PADDED and s.score is not None and s.probe.of in plain
    ]


def length(evidence: Evidence, thresholds: Thresholds) -> Check:
    """A right answer earns no more for empty words."""
    pairs = padding_gains(evidence.trial(ATTACKS), evidence.by_id)
    if not pairs:
        return not_done("length", evidence, "no right answer was scored with and without padding")
    n, higher = len(pairs), sum(gain > SAME for gain, _ in pairs)
    return Check(
        name="length",
        verdict=too_high(higher / n, block=thresholds.length_block, warn=thresholds.length_warn),
        detail=f"padding with empty words raised the score of {higher} of {n} right answers ({higher / n:.0%}); "
        f"at most {thresholds.length_block:.0%} may be",
        n=n,
        statistic="rate of right answers that padding improves",
        value=higher / n,
        interval=wilson(higher, n),
        threshold=thresholds.length_block,
        warning=thresholds.length_warn,
        worst=worst((gain, task_id, f"padding earned {gain:+.2f}") for gain, task_id in pairs if gain > SAME),
    )


def position(evidence: Evidence, thresholds: Thresholds) -> Check:
    """With the two responses swapped the grader prefers the same one. Rows with no preference at all say nothing."""
    if evidence.stopped is None and not evidence.comparisons:
        return not_done("position", evidence, "the rows do not compare two responses that could be swapped")
    before, after = evidence.preferences, evidence.mirrored_preferences
    rows = [row for row in after if row in before and (before[row] is not None or after[row] is not None)]
    if not rows:
        return not_done("position", evidence, "the grader prefers nothing on any row, so there is nothing to compare")
    turned = [row for row in rows if before[row] != after[row]]
    n, same = len(rows), len(rows) - len(turned)
    return Check(
        name="position",
        verdict=too_low(same / n, block=thresholds.position_block, warn=thresholds.position_warn),
        detail=f"the same response is preferred on {same} of {n} rows ({same / n:.0%}) when the two are swapped; "
        f"at least {thresholds.position_block:.0%} must be",
        n=n,
        statistic="rate of rows with the same preference",
        value=same / n,
        interval=wilson(same, n),
        threshold=thresholds.position_block,
        warning=thresholds.position_warn,
        worst=worst(
            (
                1.0,
                evidence.comparisons[row].mirrored.task_id,
                f"{before[row] or 'none'}, swapped {after[row] or 'none'}",
            )
            for row in turned
        ),
    )


def _tried(evidence: Evidence, kind: str, succeeds: Callable[[Scored, float, float], bool]) -> Tried:
    """Attacks on rows whose right answers earn something: elsewhere there is nothing to be half of."""
    tried: Tried = {}
    for s in evidence.trial(ATTACKS):
        right = evidence.right.get(s.probe.source.key)
        if s.probe.kind == kind and s.score is not None and right is not None:
            tried.setdefault(s.probe.variant, []).append((s, succeeds(s, s.score, right)))
    return tried


def _attack(name: str, word: str, tried: Tried, limits: tuple[float, float], evidence: Evidence) -> Check:
    """The most successful variant decides."""
    if not tried:
        return not_done(name, evidence, "no row has a right answer that earns anything to compare with")
    parts = [_part(variant, results) for variant, results in sorted(tried.items())]
    most = max(parts, key=lambda part: part.value)
    block, warn = limits
    verdict = too_high(most.value, block=block, warn=warn)
    detail = f"none of {len(parts)} {word}s earned half a right answer's score on {most.n} rows"
    if verdict != Verdict.PASS:
        detail = (
            f"the {word} {most.name!r} earned half a right answer's score or more on {most.value:.0%} of {most.n} "
            f"rows; at most {block:.0%} may be"
        )
    return Check(
        name=name,
        verdict=verdict,
        detail=detail,
        n=most.n,
        statistic=f"rate of rows where the most successful {word} succeeds",
        value=most.value,
        interval=most.interval,
        threshold=block,
        warning=warn,
        parts=tuple(parts),
        worst=worst(_successes(tried)),
    )


def _part(variant: str, results: list[tuple[Scored, bool]]) -> Part:
    hits, n = sum(success for _, success in results), len(results)
    return Part(name=variant, n=n, value=hits / n, interval=wilson(hits, n))


def _successes(tried: Mapping[str, list[tuple[Scored, bool]]]) -> list[tuple[float, str, str]]:
    return [
        (s.score or 0.0, s.probe.source.row.task_id, f"{variant!r} earned {s.score:.2f}")
        for variant, results in tried.items()
        for s, success in results
        if success
    ]
