"""What is asked of a grader: each check is one function from the evidence to a result."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from statistics import fmean, pstdev

from rft.contracts.dataset import SplitName
from rft.contracts.grading import GRADER_ERROR
from rft.contracts.smoke_test import Check, Verdict
from rft.smoke_test.probes import CANNED, RIGHT, WRONG
from rft.smoke_test.replies import Scored

ADD_PROBES = 'add `"probes": {"right": ["…"], "wrong": ["…"]}` to the rows'
REASONS_SHOWN = 3


@dataclass(frozen=True)
class Thresholds:
    """Where a check blocks: the one place of these numbers."""

    minimum_score: float = 0.5
    direction: float = 0.9
    spread: float = 0.02


@dataclass(frozen=True)
class Evidence:
    """Every answer that was put to the grader, in order, and how many rows of each split were asked for."""

    scores: tuple[Scored, ...]
    wanted: Mapping[SplitName, int]

    @property
    def cut_short(self) -> bool:
        """True where the canned batch broke the contract, so that nothing else was put to the grader."""
        return any(s.probe.kind == CANNED and s.breach is not None for s in self.scores)

    def earned(self, *kinds: str) -> list[float]:
        """The valid scores of answers of these kinds; of all kinds when none is named."""
        return [s.score for s in self.scores if s.score is not None and (not kinds or s.probe.kind in kinds)]

    def rows(self) -> list[list[Scored]]:
        """The scores of sampled rows, row by row, in file order; canned answers belong to none."""
        own = sorted((s for s in self.scores if s.probe.kind != CANNED), key=_row)
        return [list(group) for _, group in groupby(own, key=_row)]


CheckFunction = Callable[[Evidence, Thresholds], Check]


def contract(evidence: Evidence, thresholds: Thresholds) -> Check:  # noqa: ARG001 - one signature for all checks
    """One finite score from 0 to 1 for every answer, under its id, in the order sent."""
    breaches = [s.breach for s in evidence.scores if s.breach is not None]
    n = len(evidence.scores)
    if breaches:
        detail = f"{len(breaches)} of {n} answers got no valid result: {_distinct(breaches)}"
        return Check(name="contract", verdict=Verdict.BLOCK, detail=detail, n=n, value=len(breaches), threshold=0)
    detail = f"each of {n} answers got one score from 0 to 1, in order"
    return Check(name="contract", verdict=Verdict.PASS, detail=detail, n=n, value=0, threshold=0)


def liveness(evidence: Evidence, thresholds: Thresholds) -> Check:  # noqa: ARG001 - one signature for all checks
    """No result in which the grader itself reports an error: a judge that is down must not look like a low score."""
    replies = [s for s in evidence.scores if s.result is not None]
    n, errors = len(replies), sum(s.errored for s in replies)
    if not replies:
        return _not_done("liveness", "the grader gave no valid result")
    if errors:
        detail = f"the grader reported {GRADER_ERROR} on {errors} of {n} answers: its judge is down or not understood"
        return Check(name="liveness", verdict=Verdict.BLOCK, detail=detail, n=n, value=errors, threshold=0)
    detail = f"no {GRADER_ERROR} on {n} answers"
    return Check(name="liveness", verdict=Verdict.PASS, detail=detail, n=n, value=0, threshold=0)


def spread(evidence: Evidence, thresholds: Thresholds) -> Check:
    """Different answers earn different scores: training learns from differences alone.

    Over answers of every kind, so that a constant grader shows even where no wrong answer is known.
    """
    earned = evidence.earned()
    if len(earned) < 2 or not evidence.rows():
        return _not_done("spread", "fewer than two answers were scored")
    deviation, limit = pstdev(earned), thresholds.spread
    verdict = Verdict.BLOCK if deviation < limit else Verdict.PASS
    detail = f"scores of {len(earned)} answers deviate by {deviation:.3f}; at least {limit} is needed"
    if verdict == Verdict.BLOCK:
        detail = f"the grader is constant at about {fmean(earned):.2f}, whatever the answer: {detail}"
    return Check(name="spread", verdict=verdict, detail=detail, n=len(earned), value=deviation, threshold=limit)


def direction(evidence: Evidence, thresholds: Thresholds) -> Check:
    """On each row every right answer earns more than every wrong one; a tie counts against the grader."""
    margins = [m for row in evidence.rows() if (m := _margin(row)) is not None]
    if not margins:
        return _not_done("direction", f"no row has scores for both a right and a wrong answer; {ADD_PROBES}")
    n, limit = len(margins), thresholds.direction
    better, tied = sum(m > 0 for m in margins), sum(m == 0 for m in margins)
    share = better / n
    detail = f"right beats wrong on {better} of {n} rows ({share:.0%}), {tied} tied; at least {limit:.0%} is needed"
    verdict = Verdict.PASS if share >= limit else Verdict.BLOCK
    return Check(name="direction", verdict=verdict, detail=detail, n=n, value=share, threshold=limit)


def minimum(evidence: Evidence, thresholds: Thresholds) -> Check:
    """Right answers earn enough on average. Without a single right answer nothing is proven, and that blocks."""
    limit = thresholds.minimum_score
    if not evidence.cut_short and not any(s.probe.kind == RIGHT for s in evidence.scores):
        detail = f"no sampled row has a right answer, so nothing proves the grader; {ADD_PROBES}"
        return Check(name="minimum", verdict=Verdict.BLOCK, detail=detail, threshold=limit)
    earned = evidence.earned(RIGHT)
    if not earned:
        return _not_done("minimum", "no right answer was scored")
    mean = fmean(earned)
    verdict = Verdict.PASS if mean >= limit else Verdict.BLOCK
    detail = f"{len(earned)} right answers earn {mean:.2f} on average; at least {limit} is needed"
    return Check(name="minimum", verdict=verdict, detail=detail, n=len(earned), value=mean, threshold=limit)


def sample(evidence: Evidence, thresholds: Thresholds) -> Check:  # noqa: ARG001 - one signature for all checks
    """As many rows with right and wrong answers as were asked for; fewer prove less, and say so."""
    if evidence.cut_short:
        return _not_done("sample", "no row's answers were put to the grader")
    found = Counter(row[0].probe.source.split for row in evidence.rows() if _kinds(row) >= {RIGHT, WRONG})
    short = any(found[split] < wanted for split, wanted in evidence.wanted.items())
    counts = " and ".join(f"{found[split]} of {wanted} {split} rows" for split, wanted in evidence.wanted.items())
    detail = f"{counts} have right and wrong answers" + ("; the dataset has no more" if short else "")
    verdict, asked = Verdict.WARN if short else Verdict.PASS, sum(evidence.wanted.values())
    return Check(name="sample", verdict=verdict, detail=detail, n=found.total(), value=found.total(), threshold=asked)


CHECKS: tuple[CheckFunction, ...] = (contract, liveness, spread, direction, minimum, sample)
"""In order of weight: the first that blocks is the first thing to mend, as it may cause those below it."""


def _row(scored: Scored) -> tuple[str, int]:
    return scored.probe.source.split, scored.probe.source.position


def _kinds(row: list[Scored]) -> set[str]:
    return {scored.probe.kind for scored in row}


def _margin(row: list[Scored]) -> float | None:
    """By how much the worst right answer beats the best wrong one; None where one of them has no score."""
    right = [s.score for s in row if s.probe.kind == RIGHT]
    wrong = [s.score for s in row if s.probe.kind == WRONG]
    scored = [score for score in right + wrong if score is not None]
    if not right or not wrong or len(scored) < len(right) + len(wrong):
        return None
    return min(scored[: len(right)]) - max(scored[len(right) :])


def _not_done(name: str, why: str) -> Check:
    return Check(name=name, verdict=Verdict.NOT_DONE, detail=why)


def _distinct(reasons: Iterable[str]) -> str:
    """The most frequent reasons, each once."""
    counted = Counter(reasons)
    shown = "; ".join(reason for reason, _ in counted.most_common(REASONS_SHOWN))
    rest = len(counted) - REASONS_SHOWN
    return shown + (f"; and {rest} more reasons" if rest > 0 else "")
