"""Named deployments changed by promotions: their history in the ledger, and their API view."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from rft.contracts.agreement import Interval
from rft.contracts.base import Contract, RunId, TextBlock, TextLine
from rft.contracts.http.patterns import DEPLOYMENT_NAME

DeploymentName = Annotated[str, StringConstraints(pattern=DEPLOYMENT_NAME, min_length=1, max_length=63)]
"""Bedrock's `modelDeploymentName` (botocore 1.44.5), unique per account and Region."""

MAX_CHANGES = 50
"""Maximum number of changes kept in a record; the oldest are dropped first."""

ChangeStatus = Literal["running", "completed", "reverting", "reverted"]


class DeploymentChange(Contract):
    """A deployment's change from one model to another, or its deletion.

    For a `deletion`, `model_arn` is the model it served. `previous_model_arn` is recorded before the change starts;
    None if the deployment did not exist. `run_id`: the run that made the change; for a rollback, the run whose
    promotion is restored; for a deletion, the run whose promotion ends.
    """

    action: Literal["promotion", "rollback", "deletion"]
    status: ChangeStatus
    run_id: RunId | None
    model_arn: str
    previous_model_arn: str | None
    by: TextLine
    at: datetime
    reason: TextBlock = ""

    @property
    def is_open(self) -> bool:
        """True until the change is completed or undone."""
        return self.status in ("running", "reverting")


class DeploymentRecord(Contract):
    """A deployment's changes, oldest first. `version` counts writes and is used for optimistic locking."""

    name: str
    version: int = 0
    changes: tuple[DeploymentChange, ...] = ()

    @property
    def last(self) -> DeploymentChange | None:
        return self.changes[-1] if self.changes else None

    @property
    def open_change(self) -> DeploymentChange | None:
        """The change in progress, if any; it is always the last one."""
        return self.last if self.last is not None and self.last.is_open else None

    def adding(self, change: DeploymentChange) -> DeploymentRecord:
        return self.model_copy(update={"changes": (*self.changes, change)[-MAX_CHANGES:]})

    def revising(self, status: ChangeStatus, reason: str = "") -> DeploymentRecord:
        """Returns a copy with a new status of the last change; an existing reason is preserved."""
        last = self.changes[-1]
        last = last.model_copy(update={"status": status, "reason": last.reason or reason})
        return self.model_copy(update={"changes": (*self.changes[:-1], last)})


class JudgeSummary(Contract):
    """A run's `judge`: an earlier run's model, pinned by a deployment that exists only for this run."""

    source: TextLine = Field(description="As requested: run:RUN_ID or a deployment's ARN.")
    model_arn: str
    deployment_arn: str
    requested_at: datetime
    kappa: float | None = Field(description="The judge's κ with the annotators' majority, from its evaluation.")
    kappa_interval: Interval | None = None
    replaced_kappa: float | None = Field(description="The same κ for the judge's base model, on the same rows.")


class PromotionSummary(Contract):
    """A run's `promotion`. `rolled_back`: the check failed and the previous model was restored.

    `mean_score` covers the prompts that the deployment answered; `least_score` is the required minimum.
    """

    status: Literal["running", "completed", "rolled_back", "failed", "cancelled", "skipped"]
    deployment: DeploymentName
    deployment_arn: str | None = None
    previous_model_arn: str | None = None
    reason: TextBlock = ""
    prompts: int = 0
    mean_score: float | None = None
    least_score: float | None = None


class DeploymentView(Contract):
    """A deployment's current state in Bedrock, with its history. `status` is None if Bedrock has none of this name."""

    name: DeploymentName
    arn: str | None
    status: Literal["Creating", "Active", "Failed"] | None
    update_status: Literal["Updating", "UpdateCompleted", "UpdateFailed"] | None
    model_arn: str | None = Field(description="The model that is served now.")
    run_id: RunId | None = Field(description="The run whose promotion deployed that model.")
    changes: tuple[DeploymentChange, ...]


class DeploymentList(Contract):
    """Deployments changed by this stack's promotions, by name."""

    deployments: tuple[DeploymentView, ...]
