"""Request sections for calibration, evaluation and promotion."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from rft.contracts.base import Number, RequestPart
from rft.contracts.deployments import DeploymentName
from rft.contracts.http.patterns import MODEL_ID


class DifficultyRequest(RequestPart):
    """Training rows to remove, based on the base model's answers in calibration."""

    drop_solved: bool = Field(default=False, description="Remove rows whose answers are all right.")
    drop_hopeless: bool = Field(default=False, description="Remove rows whose answers are all wrong.")


class CalibrationRequest(RequestPart):
    """Measurement of the base model before training.

    `accept` continues even if the base model answers nearly all rows right, or none.
    """

    enabled: bool | None = Field(default=None, description="Default: true in mode train.")
    rows: Annotated[int, Field(ge=10, le=1000)] | Literal["all"] = Field(
        default=64, description="Number of training rows to sample, or all."
    )
    samples_per_row: int = Field(default=4, ge=2, le=16)
    accept: bool = False


class EvaluationRequest(RequestPart):
    """Comparison of the trained model with the base model on the test split."""

    enabled: bool = True
    rows: int | None = Field(default=None, ge=10, le=5000, description="Maximum number of rows. Default: 500.")
    samples_per_row: int = Field(default=1, ge=1, le=8)
    minimum_gain: Number = Field(
        default=0.0,
        ge=-1,
        le=1,
        description="`better` requires a larger difference than this; a negative value accepts a loss.",
    )
    audit_judge: Annotated[str, StringConstraints(pattern=MODEL_ID, max_length=64)] | None = Field(
        default=None, description="Also score the answers with the stack's audit judge, a model of another family."
    )
    max_hours: Number = Field(
        default=3, gt=0, le=24, description="Time limit: afterwards the evaluation fails and the model is kept."
    )


class PromotionRequest(RequestPart):
    """The deployment that the trained model is promoted to, and the condition."""

    deployment: DeploymentName
    when: Literal["better", "always"] = Field(
        default="better", description="`better`: promote only with this verdict. `always`: promote with any."
    )
