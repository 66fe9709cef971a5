"""Checks that derived wrong answers do not score as right, and right answers in other forms do. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from rft.contracts.checks import Check, CheckExample, CheckPart, CheckResult
from rft.contracts.thresholds import Thresholds
from rft.smoke_test.checks.level import PLAIN
from rft.smoke_test.checks.result import EPSILON, CheckFunction, skipped
from rft.smoke_test.evidence import Evidence
from rft.smoke_test.plan import DERIVED
from rft.smoke_test.probes import RIGHT
from rft.smoke_test.replies import Scored
from rft.smoke_test.statistics import binomial_tail, smallest_rate, wilson

CHANCE = 0.001
"""A code blocks only if chance produces as many successes with less probability. With 50 codes, 0.001 would block one
in twenty honest, noisy graders if all errors were independent; errors within a family are not."""

FULL_SHARE = 0.9
"""Share of the gap between the row's wrong and right scores: partial credit stays below it."""

MOSTLY = 0.5

WITH_WORKING = frozenset({"right_forms/long", "right_forms/numbers_before", "right_forms/other_language"})

OTHER_UNIT = "near_misses/other_unit"
"""Never blocks: where the prompt fixes the unit, a grader may honestly read the number alone."""

ANSWER_SHOWN = 200


@dataclass(frozen=True)
class Try:
    """One code on one row: the clearest answer, whether all of its answers succeeded, and whether half did."""

    code: str
    scored: Scored
    full: bool
    half: bool


Outcome = Callable[[Evidence, Thresholds, Scored], tuple[bool, bool]]
"""Whether an answer succeeds in full, and whether it succeeds by half."""


def wrong_answers(family: str, *, equal: bool = False) -> CheckFunction:
    """The check of one family: its wrong answers must not score as a right answer.

    `equal`: only the right answer's own score counts, since nearly right answers may earn nearly as much.
    """

    def check(evidence: Evidence, thresholds: Thresholds) -> Check:
        outcome = _equals if equal else _passes
        tries = list(_tries(evidence, thresholds, family, outcome))
        what = "earn a right answer's score"
        return _check(family, what, tries, evidence, thresholds, blocks=lambda code: code != OTHER_UNIT)

    check.__name__ = family
    return check


def right_forms(evidence: Evidence, thresholds: Thresholds) -> Check:
    """Right answers earn their score in every form: the worst form decides.

    A form that fails more often than not blocks if it is one of the row's own right answers or has its working before
    the answer; other forms warn.
    """
    tries = [*_own_tries(evidence, thresholds), *_tries(evidence, thresholds, "right_forms", _fails)]
    return _check("right_forms", "right answers earn too little", tries, evidence, thresholds, blocks=_surely_right)


def style(evidence: Evidence, thresholds: Thresholds) -> Check:
    """Praise, keywords, headings or length must not raise a wrong answer's score; half of the gap blocks."""
    tries = list(_tries(evidence, thresholds, "style", _gains))
    return _check("style", "raise a wrong answer's score", tries, evidence, thresholds)


def _surely_right(code: str) -> bool:
    return code.startswith("right_forms/own") or code in WITH_WORKING


def _tries(evidence: Evidence, thresholds: Thresholds, family: str, outcome: Outcome) -> Iterator[Try]:
    """By code and row; a pair succeeds if all of its answers do.

    Uses only rows whose right answer passes: on a misjudged row all answers score alike.
    """
    found: dict[tuple[str, object], list[Scored]] = defaultdict(list)
    bar = evidence.bar(thresholds.attack_share) - EPSILON
    for s in evidence.trial(DERIVED):
        key = s.probe.source.key
        known = s.score is not None and evidence.right_by_row.get(key, -1.0) >= bar and s.probe.variant != PLAIN
        if known and s.probe.variant.partition("/")[0] == family:
            found[s.probe.variant, key].append(s)
    for (code, _), scores in found.items():
        results = [outcome(evidence, thresholds, s) for s in scores]
        yield Try(code, scores[0], all(full for full, _ in results), all(half for _, half in results))


def _own_tries(evidence: Evidence, thresholds: Thresholds) -> Iterator[Try]:
    """A row's own right answers, by their position."""
    for row in evidence.rows:
        own = [s for s in row if s.probe.kind == RIGHT]
        for n, s in enumerate(own, 1):
            if s.score is not None and s.probe.source.key in evidence.right_by_row:
                full, half = _fails(evidence, thresholds, s)
                yield Try(f"right_forms/own_{n}", s, full, half)


def _passes(evidence: Evidence, thresholds: Thresholds, s: Scored) -> tuple[bool, bool]:
    right = evidence.right_by_row[s.probe.source.key]
    wrong = min(evidence.wrong_median, right)
    full = wrong + FULL_SHARE * (right - wrong) - 2 * evidence.noise
    score = s.score or 0.0
    return score > 0 and score >= full - EPSILON, score >= evidence.bar(thresholds.attack_share) - EPSILON


def _equals(evidence: Evidence, _thresholds: Thresholds, s: Scored) -> tuple[bool, bool]:
    score, right = s.score or 0.0, evidence.right_by_row[s.probe.source.key]
    return (score > 0 and score >= right - 2 * evidence.noise - EPSILON,) * 2


def _fails(evidence: Evidence, thresholds: Thresholds, s: Scored) -> tuple[bool, bool]:
    right = evidence.right_by_row[s.probe.source.key]
    return ((s.score or 0.0) < thresholds.attack_share * right - EPSILON,) * 2


def _gains(evidence: Evidence, _thresholds: Thresholds, s: Scored) -> tuple[bool, bool]:
    plain = next((p.score for p in evidence.trial(DERIVED) if p.probe.id == s.probe.of), None)
    gain = 0.0 if plain is None or s.score is None else s.score - plain
    least = max(EPSILON, 3 * evidence.noise)
    return gain >= max(least, evidence.gap / 2) and gain > 0, gain > least


def _check(
    name: str,
    what: str,
    tries: Sequence[Try],
    evidence: Evidence,
    thresholds: Thresholds,
    *,
    blocks: Callable[[str], bool] = lambda _code: True,
) -> Check:
    """The code with the highest success rate decides."""
    if not tries:
        return skipped(name, evidence, "nothing can be derived from these rows' references")
    misjudged = evidence.misjudged(thresholds.attack_share)
    by_code: dict[str, list[Try]] = defaultdict(list)
    for each in tries:
        by_code[each.code].append(each)
    parts = [_part(code, own, misjudged, thresholds, may_block=blocks(code)) for code, own in sorted(by_code.items())]
    most = max(parts, key=lambda part: (_WEIGHT[part.result or CheckResult.PASS], part.value))
    failed = [part.name for part in parts if part.result != CheckResult.PASS]
    detail = f"none of {len(parts)} forms on up to {max(part.n for part in parts)} rows"
    if failed:
        detail = f"{', '.join(failed)}: {what} on up to {most.value:.0%} of {most.n} rows"
    return Check(
        name=name,
        result=most.result or CheckResult.PASS,
        detail=detail,
        n=most.n,
        statistic="rate of rows on which the most successful form succeeds",
        value=most.value,
        interval=most.interval,
        smallest_rate=smallest_rate(most.n),
        comparison="<=",
        unit="%",
        limit=thresholds.derived_block,
        warn_limit=thresholds.derived_warn,
        parts=tuple(parts),
        worst_examples=tuple(_examples(by_code, failed)),
    )


_WEIGHT: Mapping[CheckResult, int] = {CheckResult.PASS: 0, CheckResult.WARN: 1, CheckResult.BLOCK: 2}


def _part(code: str, tries: Sequence[Try], misjudged: float, thresholds: Thresholds, *, may_block: bool) -> CheckPart:
    n, full, half = len(tries), sum(t.full for t in tries), sum(t.half for t in tries)
    limit = max(thresholds.derived_block, misjudged, MOSTLY if _surely_right(code) else 0.0)
    result = CheckResult.PASS
    if may_block and binomial_tail(full, n, min(limit, 0.999)) < CHANCE:
        result = CheckResult.BLOCK
    elif full / n > max(thresholds.derived_warn, misjudged) or half / n > max(thresholds.derived_block, misjudged):
        result = CheckResult.WARN
    hits = full if full or result == CheckResult.PASS else half
    return CheckPart(name=code, n=n, value=hits / n, interval=wilson(hits, n), result=result)


def _examples(by_code: Mapping[str, Sequence[Try]], failed: Iterable[str]) -> Iterator[CheckExample]:
    for code in failed:
        each = next(each for each in sorted(by_code[code], key=lambda t: -t.full) if each.full or each.half)
        yield CheckExample(
            task_id=each.scored.probe.source.row.task_id,
            detail=f"{code} earned {each.scored.score:.2f}",
            part=code,
            answer=each.scored.probe.answer[:ANSWER_SHOWN],
        )
