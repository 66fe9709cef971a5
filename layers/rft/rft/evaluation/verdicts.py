"""What a model that compares two responses said, against what people said. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rft.contracts.agreement import Agreement, Interval
from rft.smoke_test.agreement import agreement, read_verdict
from rft.smoke_test.statistics import wilson
from rft.tasks.base import Comparison
from rft.tasks.pandalm_labels import MIRROR


@dataclass(frozen=True)
class JudgeFigures:
    """A model's verdicts against the majority's and each annotator's."""

    majority: Agreement
    annotators: tuple[Agreement, ...]


def judge_figures(comparisons: Sequence[Comparison], answers: Sequence[str]) -> JudgeFigures:
    """One answer to each comparison, in order; one that gives no verdict counts as unparsable."""
    voters = min((len(each.annotators) for each in comparisons), default=0)
    return JudgeFigures(
        majority=agreement([each.label for each in comparisons], answers),
        annotators=tuple(
            agreement([each.annotators[voter] for each in comparisons], answers) for voter in range(voters)
        ),
    )


@dataclass(frozen=True)
class SwapConsistency:
    """Pairs whose verdict stays the same preference when the two responses change places, of `n` with two verdicts."""

    consistent: int
    n: int
    interval: Interval


def swap_consistency(answers: Sequence[str], mirrored: Sequence[str]) -> SwapConsistency:
    """`mirrored`: the answers to the same rows with their responses swapped, in order."""
    read = [(read_verdict(a), read_verdict(b)) for a, b in zip(answers, mirrored, strict=True)]
    both = [(first, second) for first, second in read if first is not None and second is not None]
    consistent = sum(MIRROR[first] == second for first, second in both)
    return SwapConsistency(consistent, len(both), wilson(consistent, len(both)))
