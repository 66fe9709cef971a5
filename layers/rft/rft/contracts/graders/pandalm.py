"""Labels shared by PandaLM rows, the policy's answers and the grader."""

from __future__ import annotations

from typing import Literal, get_args

PandaLMLabel = Literal["Response 1", "Response 2", "Tie"]
"""The better response: the value of `reference_answer.label`, and of the answer's `JUDGMENT:` line."""

LABELS: tuple[PandaLMLabel, ...] = get_args(PandaLMLabel)
