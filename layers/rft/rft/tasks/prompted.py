"""Probes for rows of unknown tasks, by the answer format that their prompt requires. Pure."""

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
    """Right and wrong answers in the format that the prompt requires; None if it requires no known format."""
    for mark, probes in _FORMS:
        if mark in row.prompt:
            try:
                return probes(row)
            except UngradableSample:
                continue
    return None
