"""Rules on the form of answers that a row may set, and composition of scores."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import Field, StringConstraints, model_validator

from rft.contracts.base import Contract

Pattern = Annotated[str, StringConstraints(min_length=1, max_length=1000)]
Patterns = Annotated[tuple[Pattern, ...], Field(min_length=1, max_length=50)]
"""Regular expressions, searched anywhere in an answer. Prefix `(?i)` ignores case."""

Scorer = Literal["gsm8k", "finqa", "extract", "format", "safety"]
SCORERS: tuple[Scorer, ...] = get_args(Scorer)
ANSWER_SCORERS: frozenset[Scorer] = frozenset({"gsm8k", "finqa", "extract"})
"""Scorers of correctness; all others score the form only."""


class FormatRules(Contract):
    """`reference_answer.format`. An answer must satisfy all rules; lengths are in characters and words."""

    json_schema: dict[str, Any] | None = Field(
        default=None, description="JSON Schema: the answer must be JSON that matches it."
    )
    sections: tuple[Annotated[str, StringConstraints(min_length=1, max_length=200)], ...] = Field(
        default=(), max_length=50, description="Headings that must each occur exactly once, followed by text."
    )
    min_characters: int | None = Field(default=None, ge=1)
    max_characters: int | None = Field(default=None, ge=1)
    min_words: int | None = Field(default=None, ge=1)
    max_words: int | None = Field(default=None, ge=1)
    forbidden: Patterns | None = None

    @model_validator(mode="after")
    def _is_satisfiable(self) -> Self:
        if not self.model_dump(exclude_defaults=True):
            raise ValueError("set at least one rule")
        for unit in ("characters", "words"):
            least, most = getattr(self, f"min_{unit}"), getattr(self, f"max_{unit}")
            if least is not None and most is not None and least > most:
                raise ValueError(f"min_{unit} is more than max_{unit}")
        return self


class SafetyRules(Contract):
    """`reference_answer.safety`: content that an answer must not contain."""

    forbidden: Patterns


class Gate(Contract):
    """If the scorer gives less than `minimum`, the total score is capped at `cap`."""

    minimum: float = Field(default=1, gt=0, le=1)
    cap: float = Field(default=0, ge=0, lt=1)


class Composite(Contract):
    """`reference_answer.composite`, or the stack parameter for rows without one.

    `format` and `safety` apply to rows without rules of their own. The scorers of correctness must weigh more than
    half, or cap the score below half: otherwise a well-formed wrong answer could earn half the score of a right one.
    """

    weights: dict[Scorer, Annotated[float, Field(gt=0, le=1)]] = Field(min_length=1)
    gates: dict[Scorer, Gate] = Field(default_factory=dict)
    format: FormatRules | None = None
    safety: SafetyRules | None = None

    @model_validator(mode="after")
    def _weights_add_up(self) -> Self:
        if not math.isclose(math.fsum(self.weights.values()), 1, abs_tol=1e-9):
            raise ValueError("weights must add up to 1")
        return self

    @model_validator(mode="after")
    def _format_weighs_under_half(self) -> Self:
        answers = ANSWER_SCORERS & (self.weights.keys() | self.gates.keys())
        weight = math.fsum(self.weights.get(name, 0) for name in answers)
        gated = any(name in self.gates and self.gates[name].cap < 0.5 for name in answers)
        if answers and weight <= 0.5 and not gated:
            raise ValueError(f"{' and '.join(sorted(answers))} must weigh more than 0.5, or be a gate with a lower cap")
        return self
