"""The parts of a request for calibration, evaluation and promotion."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from rft.contracts.base import Number, RequestPart
from rft.contracts.deployments import DeploymentName
from rft.contracts.http.patterns import MODEL_ID


class DifficultyRequest(RequestPart):
    """Training rows to leave out, by the base model's own answers to them in calibration."""

    drop_solved: bool = Field(default=False, description="Rows that it always answers right.")
    drop_hopeless: bool = Field(default=False, description="Rows that it never answers right.")


class CalibrationRequest(RequestPart):
    """How the base model is measured before training.

    `accept` trains even where the base model answers nearly all rows right, or none.
    """

    enabled: bool | None = Field(default=None, description="Default: in mode train.")
    rows: Annotated[int, Field(ge=10, le=1000)] | Literal["all"] = Field(
        default=64, description="Training rows to answer."
    )
    samples_per_row: int = Field(default=4, ge=2, le=16)
    accept: bool = False


class EvaluationRequest(RequestPart):
    """How to compare the trained model with the base model on the test split."""

    enabled: bool = True
    rows: int | None = Field(default=None, ge=10, le=5000, description="Max rows to answer. Default: 500.")
    samples_per_row: int = Field(default=1, ge=1, le=8)
    minimum_gain: Number = Field(
        default=0.0, ge=-1, le=1, description="`better` needs more than this; below 0 a loss is accepted."
    )
    audit_judge: Annotated[str, StringConstraints(pattern=MODEL_ID, max_length=64)] | None = Field(
        default=None, description="A judge of another family that scores the same answers: the stack's audit judge."
    )
    max_hours: Number = Field(default=3, gt=0, le=24, description="After it the evaluation fails; the model stays.")


class PromotionRequest(RequestPart):
    """The deployment that the trained model takes over, and the condition."""

    deployment: DeploymentName
    when: Literal["better", "always"] = Field(
        default="better", description="`better`: only with that verdict. `always`: with any."
    )
