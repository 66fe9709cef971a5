"""Probes for rows of no task of ours, by what their prompt says of the form of an answer. Pure."""

from __future__ import annotations

from collections.abc import Callable

from rft.contracts.dataset import DatasetRow
from rft.rewards.samples import UngradableSample
from rft.tasks.base import Probes
from rft.tasks.finqa_probes import finqa_probes
from rft.tasks.gsm8k_probes import gsm8k_probes
from rft.tasks.pandalm_labels import label_probes

_FORMS: tuple[tuple[str, Callable[[DatasetRow], Probes]], ...] = (
    ("####", gsm8k_probes),
    ("ANSWER:", finqa_probes),
    ("JUDGMENT:", label_probes),
)
"""The format that a prompt requires of answers, and the probes in that form."""


def prompted_probes(row: DatasetRow) -> Probes | None:
    """Right and wrong answers in the form that the prompt requires; None where it requires no known form."""
    for mark, probes in _FORMS:
        if mark in row.prompt:
            try:
                return probes(row)
            except UngradableSample:
                continue
    return None
