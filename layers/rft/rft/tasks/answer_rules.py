"""Looks up the scoring rule for a row's answer format, if this project has one. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rft.contracts.dataset import DatasetRow
from rft.contracts.grading import Sample
from rft.rewards import finqa, gsm8k
from rft.rewards.components import Component, score_of
from rft.rewards.samples import UngradableSample
from rft.rewards.verdicts import expected_label, read_judgment
from rft.tasks.bedrock_rows import row_sample

Rule = Callable[[str], bool]
"""An answer → whether it is correct."""


def _verdict(sample: Sample) -> Sequence[Component]:
    label = expected_label(sample.reference)
    return [Component("answer", float(read_judgment(sample.answer).verdict == label), 1)]


_RULES: tuple[tuple[str, Callable[[Sample], Sequence[Component]]], ...] = (
    ("JUDGMENT:", _verdict),
    ("####", gsm8k.components),
    ("ANSWER:", finqa.components),
)
"""The format that a prompt requires of answers, and its scoring rule."""


def rule_of(row: DatasetRow) -> Rule | None:
    """The rule for the format that the prompt requires; None for any other prompt or an unusable reference."""
    for mark, components in _RULES:
        if mark in row.prompt:
            try:
                sample = row_sample(row)
                components(sample)
            except UngradableSample:
                continue
            return lambda answer, of=components, s=sample: score_of(of(s.model_copy(update={"answer": answer}))) == 1  # type: ignore[misc]
    return None
