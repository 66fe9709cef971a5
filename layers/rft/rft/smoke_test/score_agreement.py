"""Agreement of scores with human scores of the same rows: rank correlation, and decisions at thresholds. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rft.contracts.agreement import ScoreAgreement, ThresholdAgreement
from rft.smoke_test.statistics import bootstrap, cohen_kappa, kappa_interval

Scores = tuple[float, float]
"""A row's human score and the grader's score."""

RESAMPLES, DRAWS = 500, 400_000
"""Resamples for up to 800 rows; more rows get fewer, to bound the time."""
THRESHOLDS = (0.25, 0.5, 0.75)
"""Share of the range of human scores at or above which a row counts as good."""


def score_agreement(pairs: Sequence[Scores], *, only_truth: int = 0, only_grader: int = 0) -> ScoreAgreement:
    """For at least one row with both scores. The scales may differ: ranks do not depend on them.

    `only_truth` and `only_grader` count the rows with a score on one side only.
    """
    return ScoreAgreement(
        n=len(pairs),
        only_truth=only_truth,
        only_grader=only_grader,
        spearman=spearman(pairs),
        spearman_interval=bootstrap(pairs, spearman, resamples=_resamples(len(pairs))),
        mean_difference=math.fsum(grader - hand for hand, grader in pairs) / len(pairs),
        thresholds=tuple(_at(pairs, share) for share in THRESHOLDS),
    )


def spearman(pairs: Sequence[Scores]) -> float | None:
    """Pearson's correlation of ranks, ties at their mean rank (Spearman 1904); None if one side is constant."""
    if len(pairs) < 2:
        return None
    one, other = ranks([hand for hand, _ in pairs]), ranks([grader for _, grader in pairs])
    mean = (len(pairs) + 1) / 2
    shared = math.fsum((a - mean) * (b - mean) for a, b in zip(one, other, strict=True))
    scale = math.sqrt(math.fsum((a - mean) ** 2 for a in one) * math.fsum((b - mean) ** 2 for b in other))
    return max(-1.0, min(1.0, shared / scale)) if scale else None


def ranks(values: Sequence[float]) -> list[float]:
    """From 1; equal values share their mean rank."""
    order = sorted(range(len(values)), key=values.__getitem__)
    found, start = [0.0] * len(values), 0
    while start < len(order):
        end = start
        while end < len(order) and values[order[end]] == values[order[start]]:
            end += 1
        for at in order[start:end]:
            found[at] = (start + 1 + end) / 2
        start = end
    return found


def _at(pairs: Sequence[Scores], share: float) -> ThresholdAgreement:
    """Good or not on either side, each by the same share of its own range."""
    limits = [_limit([pair[side] for pair in pairs], share) for side in (0, 1)]
    decided = [(hand >= limits[0], grader >= limits[1]) for hand, grader in pairs]
    kappa = cohen_kappa(decided)
    return ThresholdAgreement(
        share=share,
        hand_limit=limits[0],
        grader_limit=limits[1],
        accuracy=sum(hand == grader for hand, grader in decided) / len(decided),
        kappa=kappa,
        kappa_interval=None if kappa is None else kappa_interval(decided, resamples=RESAMPLES),
    )


def _resamples(rows: int) -> int:
    return max(RESAMPLES // 5, min(RESAMPLES, DRAWS // rows))


def _limit(values: Sequence[float], share: float) -> float:
    return min(values) + share * (max(values) - min(values))
