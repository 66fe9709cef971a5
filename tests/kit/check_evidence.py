"""Builds evidence of a smoke test from given scores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rft.contracts.thresholds import Thresholds
from rft.smoke_test.evidence import Evidence
from rft.smoke_test.probes import Probe
from rft.smoke_test.replies import SWEEP, Scored
from tests.kit.sampled_rows import compared, sampled

DEFAULTS = Thresholds()


ScoreOrBreach = float | str | None


def scored(row: int, kind: str, score: ScoreOrBreach, trial: str = SWEEP, *, name: str = "", **more: Any) -> Scored:
    """Return a probe result with a score, a contract breach (text) or a grader error (None)."""
    source = compared(row) if "verdict" in more else sampled(row)
    probe = Probe(id=name or f"{row}{kind}", kind=kind, answer="", source=source, **more)
    if isinstance(score, str):
        return Scored(probe, breach=score, trial=trial)
    return Scored(probe, score=score, errored=score is None, trial=trial)


def evidence(*rows: tuple[Sequence[ScoreOrBreach], Sequence[ScoreOrBreach]], canned: str = "", **more: Any) -> Evidence:
    """Return evidence from one pair per row: scores of right answers, scores of wrong answers."""
    first = [scored(0, "canned", canned or 0.0, "canned")]
    others = [
        scored(n, kind, score, name=f"{n}{kind}{k}")
        for n, row in enumerate(rows)
        for kind, scores in zip(("right", "wrong"), row, strict=True)
        for k, score in enumerate(scores)
    ]
    return Evidence(scores=(*first, *others), requested={"train": len(rows), "validation": 0}, **more)


def also(base: Evidence, *scores: Scored) -> Evidence:
    return Evidence(scores=(*base.scores, *scores), requested=base.requested)
