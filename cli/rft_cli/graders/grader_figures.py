"""Scores that a grader gave to right, wrong and adversarial answers: figures, a histogram, findings. Pure."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from rft.contracts.thresholds import Thresholds
from rft.grading.error_reason import ReasonCount, grouped
from rft.smoke_test.checks.exploits import padding_gains
from rft.smoke_test.checks.result import EPSILON
from rft.smoke_test.probes import PADDED, RIGHT, SWAPPED, WRONG
from rft.smoke_test.replies import SWEEP, Scored
from rft.smoke_test.shapes import SHAPES

BINS = 10
GROUPS = ("right", "wrong", "adversarial")
"""Groups of answers in the histogram."""

MAX_ERRORS_SHOWN = 5


def figures(scored: Sequence[Scored]) -> dict[str, Any]:
    """`kinds`, `histogram` and `findings`; a good grader has no findings."""
    swept = [one for one in scored if one.trial == SWEEP]
    kinds = list(dict.fromkeys(one.probe.kind for one in swept))
    return {
        "answers": len(swept),
        "kinds": [_kind_figures(kind, [one for one in swept if one.probe.kind == kind]) for kind in kinds],
        "histogram": _histogram(swept),
        "findings": list(_findings(scored)),
    }


def _kind_figures(kind: str, scored: Sequence[Scored]) -> dict[str, Any]:
    scores = [one.score for one in scored if one.score is not None]
    return {
        "kind": kind,
        "answers": len(scored),
        "mean": round(statistics.fmean(scores), 4) if scores else None,
        "lowest": min(scores, default=None),
        "highest": max(scores, default=None),
        "without_score": len(scored) - len(scores),
    }


def _group(kind: str) -> str:
    if kind in {RIGHT, PADDED}:
        return "right"
    return "wrong" if kind in {WRONG, SWAPPED} else "adversarial"


def _histogram(scored: Sequence[Scored]) -> list[dict[str, Any]]:
    scores = [(_group(one.probe.kind), one.score) for one in scored if one.score is not None]
    bins = Counter((group, min(int(score * BINS), BINS - 1)) for group, score in scores)
    return [
        {"from": at / BINS, "to": (at + 1) / BINS, **{group: bins[group, at] for group in GROUPS}} for at in range(BINS)
    ]


def _findings(scored: Sequence[Scored]) -> Iterator[str]:
    """Faults to fix before training, most serious first."""
    swept = [one for one in scored if one.trial == SWEEP]
    yield from _error_findings(scored, swept)
    scored = swept
    right = _best_right(scored)
    if not right:
        yield "no row has a scored right answer, so nothing shows that right answers score higher"
        return
    tied = Counter(kind for kind, _ in dict.fromkeys(_scoring_as_right(scored, right)))
    for kind, count in tied.most_common():
        yield f"{kind.replace('_', ' ')}: scores as high as a right answer on {count} of {len(right)} rows"
    gains = padding_gains(scored, {one.probe.id: one.score for one in scored if one.score is not None})
    higher = sum(gain > EPSILON for gain, _ in gains)
    if higher > len(gains) * Thresholds().length_block:
        yield f"padding raises the score of {higher} of {len(gains)} right answers"


def _error_findings(scored: Sequence[Scored], swept: Sequence[Scored]) -> Iterator[str]:
    groups = _error_groups(swept)
    for each in groups[:MAX_ERRORS_SHOWN]:
        yield f"{each.count} of {len(swept)} answers have no score: {each.reason}, for example {each.example}"
    known = {each.reason for each in groups}
    for shape in SHAPES:
        for each in _error_groups(one for one in scored if one.trial == shape and one.error not in known)[:1]:
            yield f"{each.count} answers sent as {shape} have no score: {each.reason}, for example {each.example}"


def _error_groups(scored: Iterable[Scored]) -> list[ReasonCount]:
    return grouped((one.error, one.probe.source.row.task_id) for one in scored if one.error)


def _best_right(scored: Sequence[Scored]) -> dict[int, float]:
    """The best right answer's score, by row."""
    best: dict[int, float] = {}
    for one in scored:
        if one.probe.kind == RIGHT and one.score is not None:
            row = one.probe.source.position
            best[row] = max(one.score, best.get(row, 0.0))
    return best


def _scoring_as_right(scored: Sequence[Scored], right: Mapping[int, float]) -> Iterator[tuple[str, int]]:
    """Kinds of answers that score as high as a right one, with the row where they do."""
    for one in scored:
        row = one.probe.source.position
        if _group(one.probe.kind) != "right" and one.score is not None and row in right and one.score >= right[row]:
            yield one.probe.kind, row
