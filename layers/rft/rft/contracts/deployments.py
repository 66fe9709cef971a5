"""Named deployments that promotions change: their history in the ledger, and their view in the API."""

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
"""Max changes in a record, the newest last."""

ChangeStatus = Literal["running", "completed", "reverting", "reverted"]


class DeploymentChange(Contract):
    """One model taking the place of another, or the deployment's end (`deletion`: `model_arn` is what it served).

    `previous_model_arn` was read and recorded before anything was changed; None where there was no deployment.
    `run_id`: the run that made the change; of a rollback, whose promotion it returns to; of a deletion, whose it ends.
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
        """False once it is completed or undone."""
        return self.status in ("running", "reverting")


class DeploymentRecord(Contract):
    """A deployment's changes, oldest first. `version` counts writes: a write on an older one is refused."""

    name: str
    version: int = 0
    changes: tuple[DeploymentChange, ...] = ()

    @property
    def last(self) -> DeploymentChange | None:
        """The newest change."""
        return self.changes[-1] if self.changes else None

    @property
    def open_change(self) -> DeploymentChange | None:
        """The change under way, if there is one: it is the last."""
        return self.last if self.last is not None and self.last.is_open else None

    def adding(self, change: DeploymentChange) -> DeploymentRecord:
        """The record with one change more."""
        return self.model_copy(update={"changes": (*self.changes, change)[-MAX_CHANGES:]})

    def revising(self, status: ChangeStatus, reason: str = "") -> DeploymentRecord:
        """The record with another status of its last change; a reason that is there stays."""
        last = self.changes[-1]
        last = last.model_copy(update={"status": status, "reason": last.reason or reason})
        return self.model_copy(update={"changes": (*self.changes[:-1], last)})


class JudgeSummary(Contract):
    """A run's `judge`: the model of an earlier run, pinned by a deployment of this run's own until it ends."""

    source: TextLine = Field(description="As requested: run:RUN_ID, or a deployment's ARN.")
    model_arn: str
    deployment_arn: str
    requested_at: datetime
    kappa: float | None = Field(description="Of the judge against the majority of annotators, in its evaluation.")
    kappa_interval: Interval | None = None
    replaced_kappa: float | None = Field(description="Of the model that it was trained from, on the same rows.")


class PromotionSummary(Contract):
    """A run's `promotion`. `rolled_back`: the model failed its check, and the deployment serves what it served before.

    `mean_score` of the prompts that the deployment answered, and the `least_score` that was required of it.
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
    """A deployment as Bedrock has it now, with its history. `status` is None where Bedrock has none of this name."""

    name: DeploymentName
    arn: str | None
    status: Literal["Creating", "Active", "Failed"] | None
    update_status: Literal["Updating", "UpdateCompleted", "UpdateFailed"] | None
    model_arn: str | None = Field(description="The model that answers now.")
    run_id: RunId | None = Field(description="The run whose promotion brought that model.")
    changes: tuple[DeploymentChange, ...]


class DeploymentList(Contract):
    """Deployments that this stack's promotions changed, by name."""

    deployments: tuple[DeploymentView, ...]
