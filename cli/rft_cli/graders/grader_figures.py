"""Statistics and a histogram of a grader's scores of right, wrong and adversarial answers. Pure."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Sequence
from typing import Any

from rft.smoke_test.derived import RIGHT_FORM
from rft.smoke_test.plan import ATTACKS, DERIVED
from rft.smoke_test.probes import PADDED, RIGHT, SWAPPED, WRONG
from rft.smoke_test.replies import SWEEP, Scored

BINS = 10
GROUPS = ("right", "wrong", "adversarial")
"""Groups of answers in the histogram."""

ONCE = (SWEEP, ATTACKS, DERIVED)
"""Trials in which each answer is sent once."""


def figures(scored: Sequence[Scored]) -> dict[str, Any]:
    """`answers`, `kinds` and `histogram` of answers that were each sent once."""
    swept = [one for one in scored if one.trial in ONCE]
    kinds = list(dict.fromkeys(one.probe.kind for one in swept))
    return {
        "answers": len(swept),
        "kinds": [_kind_figures(kind, [one for one in swept if one.probe.kind == kind]) for kind in kinds],
        "histogram": _histogram(swept),
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
    if kind in {RIGHT, PADDED, RIGHT_FORM}:
        return "right"
    return "wrong" if kind in {WRONG, SWAPPED} else "adversarial"


def _histogram(scored: Sequence[Scored]) -> list[dict[str, Any]]:
    scores = [(_group(one.probe.kind), one.score) for one in scored if one.score is not None]
    bins = Counter((group, min(int(score * BINS), BINS - 1)) for group, score in scores)
    return [
        {"from": at / BINS, "to": (at + 1) / BINS, **{group: bins[group, at] for group in GROUPS}} for at in range(BINS)
    ]
