"""Rounds: a run that trains on an earlier run's rows once more, and what was made of them."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from rft.contracts.base import Contract, Number, RequestPart, RunId


class RoundRequest(RequestPart):
    """The run whose rows are trained on once more, less those that its last rollouts show to teach nothing.

    Scores are mapped from the grader's score_range to 0..1. A row without two scored rollouts stays.
    """

    run_id: RunId
    solved_score: Number | None = Field(
        default=0.9, gt=0, le=1, description="Drop rows whose last rollouts all score this or more; null drops none."
    )
    hopeless_score: Number | None = Field(
        default=0.1, ge=0, lt=1, description="Drop rows whose last rollouts all score this or less; null drops none."
    )

    base_model: Literal["foundation", "previous"] = Field(
        default="foundation", description="`previous` trains that run's model on; undocumented, so Bedrock may refuse."
    )

    @model_validator(mode="after")
    def _scores_are_apart(self) -> Self:
        solved, hopeless = self.solved_score, self.hopeless_score
        if solved is not None and hopeless is not None and hopeless >= solved:
            raise ValueError("hopeless_score must be less than solved_score")
        return self

    @property
    def drops_rows(self) -> bool:
        return self.solved_score is not None or self.hopeless_score is not None


class RoundSummary(Contract):
    """What a round's rows were made of. Its validation and test rows are those of the run before."""

    run_id: RunId = Field(description="The run before.")
    number: int = Field(ge=2, description="2 for the first run that follows another.")
    remaining: int = Field(description="Training rows of the run before that stay.")
    solved: int = Field(description="Training rows that were dropped: their last rollouts all succeeded.")
    hopeless: int = Field(description="Training rows that were dropped: their last rollouts all failed.")
    unmeasured: int = Field(description="Of the rows that stay, those without two scored rollouts.")
    added: int = Field(description="New rows.")
    known: int = Field(description="New records that were left out: the run before trains on the same prompt.")
    held_out: int = Field(
        description="New records that were left out: their prompt is, or is nearly, one of validation or test."
    )
