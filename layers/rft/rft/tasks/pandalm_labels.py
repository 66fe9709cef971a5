"""Probes for comparisons, and for published rows that have only a label. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from rft.contracts.dataset import DatasetRow
from rft.contracts.graders.pandalm import LABELS, PandaLMLabel
from rft.rewards.verdicts import expected_label
from rft.tasks.base import Probes
from rft.tasks.bedrock_rows import row_sample

MIRROR: Mapping[str, PandaLMLabel] = {"Response 1": "Response 2", "Response 2": "Response 1", "Tie": "Tie"}
"""The same preference with the two responses swapped."""

_CLOSING: Mapping[str, str] = {
    "Response 1": "Response 1 does more of what was asked, while Response 2 leaves part of it out.",
    "Response 2": "Response 2 does more of what was asked, while Response 1 leaves part of it out.",
    "Tie": "Response 1 and Response 2 do what was asked equally well, and neither leaves anything out.",
}


def label_probes(row: DatasetRow) -> Probes:
    """Right: the label. Wrong: each other label. Malformed: no verdict. Raises UngradableSample without a label."""
    label = expected_label(row_sample(row).reference)
    others = tuple(verdict for verdict in LABELS if verdict != label)
    return verdict_probes(label, others, dict(_CLOSING))


def verdict_probes(label: str, others: tuple[str, ...], reasons: Mapping[str, str]) -> Probes:
    """Answers on two lines with the `reasons` for each verdict.

    Swapped: another verdict with the right one's reasons.
    """
    return Probes(
        right=(two_lines(label, reasons[label]),),
        wrong=tuple(two_lines(verdict, reasons[verdict]) for verdict in others),
        malformed=(
            f"REASONING: {reasons[label]}",
            f"JUDGMENT:\nREASONING: {reasons[label]}",
            f"JUDGMENT: [Response 1 / Response 2 / Tie]\nREASONING: {reasons[label]}",
        ),
        swapped=(two_lines(others[0] if label == "Tie" else MIRROR[label], reasons[label]),),
    )


def two_lines(verdict: str, reasoning: str) -> str:
    return f"JUDGMENT: {verdict}\nREASONING: {reasoning}"
