"""Agreement of a comparing model's verdicts with the annotators'. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rft.contracts.agreement import Agreement
from rft.contracts.evaluation import JudgeAgreement, ModelName, PublishedBaseline, SwappedVerdicts
from rft.smoke_test.agreement import agreement, read_verdict
from rft.smoke_test.statistics import wilson
from rft.tasks.base import Comparison
from rft.tasks.pandalm_labels import MIRROR

PUBLISHED = (
    PublishedBaseline(name="the longer response wins", accuracy=0.611, macro_f1=0.485, kappa=0.303),
    PublishedBaseline(name="always Response 2", accuracy=0.472, kappa=0.0),
    PublishedBaseline(name="released judges, the best", macro_f1=0.57),
    PublishedBaseline(name="larger judges, the best published", accuracy=0.78),
    PublishedBaseline(name="one annotator against another, the lowest", kappa=0.85),
)
"""On all 999 rows: baselines computed from the dataset, judges as published by their authors."""


@dataclass(frozen=True)
class Judged:
    """The answer to a comparison, and the one with swapped responses; None if not sampled."""

    comparison: Comparison
    answer: str
    mirrored: str | None = None


def judge_agreement(judged: Mapping[ModelName, Sequence[Judged]]) -> dict[ModelName, JudgeAgreement] | None:
    """Agreement per model; None if no row compares two responses."""
    return {name: _of(each) for name, each in judged.items()} if any(judged.values()) else None


def _of(judged: Sequence[Judged]) -> JudgeAgreement:
    answers = [each.answer for each in judged]
    both = [(each.answer, each.mirrored) for each in judged if each.mirrored is not None]
    voters = min((len(each.comparison.annotators) for each in judged), default=0)
    return JudgeAgreement(
        majority=agreement([each.comparison.label for each in judged], answers),
        annotators=tuple(_with_annotator(judged, voter, answers) for voter in range(voters)),
        swapped=swapped_verdicts(both) if both else None,
    )


def _with_annotator(judged: Sequence[Judged], voter: int, answers: Sequence[str]) -> Agreement:
    return agreement([each.comparison.annotators[voter] for each in judged], answers)


def swapped_verdicts(answers: Sequence[tuple[str, str]]) -> SwappedVerdicts:
    """Consistency of answer pairs (original and swapped), counting pairs in which both verdicts are readable."""
    read = [(read_verdict(answer), read_verdict(mirrored)) for answer, mirrored in answers]
    both = [(first, second) for first, second in read if first is not None and second is not None]
    consistent = sum(MIRROR[first] == second for first, second in both)
    return SwappedVerdicts(consistent=consistent, n=len(both), interval=wilson(consistent, len(both)))
