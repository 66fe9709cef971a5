"""Rounds: runs that train again on an earlier run's rows, and the resulting rows."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from rft.contracts.base import Contract, Number, RequestPart, RunId


class RoundRequest(RequestPart):
    """The earlier run whose rows are trained on again, without rows that no longer give a training signal.

    The signal is measured on the last rollouts, with scores mapped from the grader's score_range to 0..1. A row with
    fewer than two scored rollouts is retained.
    """

    run_id: RunId
    solved_score: Number | None = Field(
        default=0.9, gt=0, le=1, description="Drop rows whose last rollouts all score at least this; null drops none."
    )
    hopeless_score: Number | None = Field(
        default=0.1, ge=0, lt=1, description="Drop rows whose last rollouts all score at most this; null drops none."
    )

    base_model: Literal["foundation", "previous"] = Field(
        default="foundation",
        description="`previous` continues training that run's model; undocumented, so Bedrock may refuse it.",
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
    """Composition of a round's rows. Validation and test rows are the previous run's."""

    run_id: RunId = Field(description="The run before.")
    number: int = Field(ge=2, description="Round number: 2 for the first run that follows another.")
    remaining: int = Field(description="Training rows retained from the previous run.")
    solved: int = Field(description="Training rows that were dropped: their last rollouts all succeeded.")
    hopeless: int = Field(description="Training rows that were dropped: their last rollouts all failed.")
    unmeasured: int = Field(description="Retained rows with fewer than two scored rollouts.")
    added: int = Field(description="New rows.")
    known: int = Field(description="New records that were skipped: the previous run trained on the same prompt.")
    held_out: int = Field(
        description="New records that were skipped: their prompt is a (near) duplicate of a validation or test prompt."
    )
