"""Sampling protocol of a model, and its answers."""

from __future__ import annotations

import hashlib
from typing import Literal

from pydantic import Field

from rft.contracts.base import Contract

Effort = Literal["low", "medium", "high"]

TRUNCATED = frozenset({"max_tokens", "model_context_window_exceeded"})
"""Stop reasons of a truncated answer."""


class SamplingProtocol(Contract):
    """Sampling settings, the same for both models. None: not sent, so the service's default applies."""

    temperature: float | None
    top_p: float | None = None
    max_tokens: int | None = Field(description="Maximum tokens of an answer, including reasoning.")
    reasoning_effort: Effort | None

    @property
    def digest(self) -> str:
        """`sha256:<hex>` of the settings."""
        return f"sha256:{hashlib.sha256(self.model_dump_json().encode()).hexdigest()}"


class Answer(Contract):
    """One answer of a model to one row. With an `error`, `text` is empty and is not graded.

    `row` is the row's index in its file, from 0; `mirrored` answers are to the row with its two responses swapped.
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
        """True if the answer was cut off by a token limit, with or without text; such an answer is not empty."""
        return self.stop_reason in TRUNCATED


class Answers(Contract):
    """Content of `answers/<model>-<number>.json`: answers that were stored together."""

    model_id: str
    protocol: str = Field(description="The digest of the settings.")
    answers: tuple[Answer, ...]


class AnswerGrade(Contract):
    """One answer's score by one grader; None if it could not be graded, with the reason."""

    score: float | None
    error: str = ""


class AnswerGrades(Contract):
    """Content of `grades/<model>-<number>.json`: scores of answers that were stored together, in the same order."""

    grader: str
    grades: tuple[AnswerGrade, ...]
    judge_calls: int = Field(default=0, description="As reported by the grader's metrics.")
