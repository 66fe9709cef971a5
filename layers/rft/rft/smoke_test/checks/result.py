"""How a check says what it found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

from rft.contracts.smoke_test import Check, Example, Verdict
from rft.contracts.thresholds import Thresholds
from rft.smoke_test.evidence import Evidence

CheckFunction = Callable[[Evidence, Thresholds], Check]

ADD_PROBES = 'add `"probes": {"right": ["…"], "wrong": ["…"]}` to the rows'
REASONS_SHOWN = 3
EXAMPLES = 3
SAME = 1e-9
"""Scores nearer than this are equal: sums of floats differ by less."""

Blame = tuple[float, str, str]
"""How bad, the row's task_id, and what happened there."""


def too_high(value: float, *, block: float, warn: float) -> Verdict:
    """For values of which less is better; a threshold itself passes."""
    return Verdict.BLOCK if value > block else Verdict.WARN if value > warn else Verdict.PASS


def too_low(value: float, *, block: float, warn: float) -> Verdict:
    """For values of which more is better; a threshold itself passes."""
    return Verdict.BLOCK if value < block else Verdict.WARN if value < warn else Verdict.PASS


def not_done(name: str, evidence: Evidence, why: str) -> Check:
    """Nothing to work on: never a pass. Where the grader failed early, that is why."""
    return Check(name=name, verdict=Verdict.NOT_DONE, detail=evidence.stopped or why)


def worst(blames: Iterable[Blame]) -> tuple[Example, ...]:
    """The three worst rows, each once."""
    found: dict[str, Example] = {}
    for _, task_id, detail in sorted(blames, key=lambda blame: (-blame[0], blame[1])):
        found.setdefault(task_id, Example(task_id=task_id, detail=detail))
    return tuple(found.values())[:EXAMPLES]


def distinct(reasons: Iterable[str]) -> str:
    """The most frequent reasons, each once."""
    counted = Counter(reasons)
    shown = "; ".join(reason for reason, _ in counted.most_common(REASONS_SHOWN))
    rest = len(counted) - REASONS_SHOWN
    return shown + (f"; and {rest} more reasons" if rest > 0 else "")
