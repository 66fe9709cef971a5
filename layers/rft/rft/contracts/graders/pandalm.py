"""The words that a PandaLM row, the policy's answer and the grader share."""

from __future__ import annotations

from typing import Literal, get_args

PandaLMLabel = Literal["Response 1", "Response 2", "Tie"]
"""Which answer is better: the value of `reference_answer.label`, and what may stand after `JUDGMENT:`."""

LABELS: tuple[PandaLMLabel, ...] = get_args(PandaLMLabel)
