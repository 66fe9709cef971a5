"""How a model is sampled, and its answers."""

from __future__ import annotations

import hashlib
from typing import Literal

from pydantic import Field

from rft.contracts.base import Contract

Effort = Literal["low", "medium", "high"]

TRUNCATED = frozenset({"max_tokens", "model_context_window_exceeded"})
"""Stop reasons of an answer that was cut off."""


class SamplingProtocol(Contract):
    """Sampling settings, the same for both models. None: not sent, the service's default applies."""

    temperature: float | None
    top_p: float | None = None
    max_tokens: int | None = Field(description="Of the answer, reasoning included.")
    reasoning_effort: Effort | None

    @property
    def digest(self) -> str:
        """`sha256:<hex>` of the settings."""
        return f"sha256:{hashlib.sha256(self.model_dump_json().encode()).hexdigest()}"


class Answer(Contract):
    """One answer of a model to one row. With an `error`, `text` is empty and not graded.

    `row` is the row's number in its file, from 0; `mirrored` answers have the row's two responses swapped.
    """

    row: int
    row_id: str
    sample: int = 0
    mirrored: bool = False
    text: str = ""
    stop_reason: str = ""
    input_tokens: int = 0
    output_tokens: int = 0
    seconds: float = 0.0
    simulated: bool = False
    error: str = ""

    @property
    def truncated(self) -> bool:
        """Cut off by a limit of tokens, with text or without: not an empty answer."""
        return self.stop_reason in TRUNCATED


class Answers(Contract):
    """Answers that were stored together: `answers/<model>-<number>.json`."""

    model_id: str
    protocol: str = Field(description="The digest of the settings.")
    answers: tuple[Answer, ...]


class AnswerGrade(Contract):
    """One answer's score by one grader; None where it could not be graded, and why."""

    score: float | None
    error: str = ""


class AnswerGrades(Contract):
    """Scores of answers that were stored together, in their order: `grades/<model>-<number>.json`."""

    grader: str
    grades: tuple[AnswerGrade, ...]
    judge_calls: int = Field(default=0, description="By the grader's own metrics.")
