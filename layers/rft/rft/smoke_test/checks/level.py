"""Checks the score of a well-formed wrong answer relative to a right one. Pure."""

from __future__ import annotations

from statistics import median

from rft.contracts.checks import Check
from rft.contracts.thresholds import Thresholds
from rft.smoke_test.checks.result import skipped, too_high, worst_examples
from rft.smoke_test.evidence import Evidence
from rft.smoke_test.plan import DERIVED
from rft.smoke_test.probes import RIGHT, SWAPPED, WRONG

PLAIN = "style/plain"
"""A wrong value in the right format, far from the right value."""


def level(evidence: Evidence, thresholds: Thresholds) -> Check:
    """Medians of the sample: format, effort and nearness may earn something, but not most of a right answer's score.

    Derived values far from the right one take precedence over the rows' own wrong answers, which may be near misses.
    """
    far = [s for s in evidence.trial(DERIVED) if s.probe.variant == PLAIN]
    wrong = [s for s in far or evidence.swept if far or s.probe.kind in (WRONG, SWAPPED)]
    earned = [(s.score, s.probe.source.row.task_id) for s in wrong if s.score is not None]
    right = median(evidence.earned(RIGHT)) if evidence.earned(RIGHT) else 0.0
    if not earned or not right:
        return skipped("level", evidence, "no row has a scored wrong answer and a right one that scores more than 0")
    value = median(score for score, _ in earned) / right
    return Check(
        name="level",
        result=too_high(value, block=thresholds.level_block, warn=thresholds.level_warn),
        detail=f"wrong answers earn {value:.0%} of a right answer's score, by the medians "
        f"(max {thresholds.level_block:.0%})",
        n=len(earned),
        statistic="median score of wrong answers as a share of that of right ones",
        value=value,
        comparison="<=",
        unit="%",
        limit=thresholds.level_block,
        warn_limit=thresholds.level_warn,
        worst_examples=worst_examples(
            (score, task_id, f"a wrong answer earned {score:.2f}") for score, task_id in earned
        ),
    )
