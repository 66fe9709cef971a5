"""On-demand deployments of custom models: their state and Bedrock's responses about them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from emulator.bedrock.jobs import CustomizationJob
from emulator.bedrock.requests import created_between
from emulator.faults import Fault

DEPLOYMENT_FAULTS = frozenset({"fail", "hang"})

FOR_GOOD = timedelta(days=3650)
"""Duration of a change that hangs."""


@dataclass
class Update:
    """A deployment's update to another job's model: Updating until `ready`, then UpdateCompleted or UpdateFailed."""

    job: CustomizationJob
    ready: datetime
    failure: str | None = None


@dataclass
class Deployment:
    """One deployment: Creating until `ready`, then Active, or Failed if `failure` is set.

    `job` created its model; `update` is the latest update to another job's model.
    """

    name: str
    arn: str
    job: CustomizationJob
    request: Mapping[str, Any]
    created: datetime
    ready: datetime
    failure: str | None = None
    update: Update | None = None

    @property
    def status(self) -> str:
        """Creating, Active or Failed; it stays Active during an update."""
        if datetime.now(UTC) < self.ready:
            return "Creating"
        return "Failed" if self.failure else "Active"

    @property
    def update_status(self) -> str | None:
        """Updating, UpdateCompleted or UpdateFailed; None if it was never updated."""
        if self.update is None:
            return None
        if datetime.now(UTC) < self.update.ready:
            return "Updating"
        return "UpdateFailed" if self.update.failure else "UpdateCompleted"

    @property
    def serving(self) -> CustomizationJob:
        return self.update.job if self.update and self.update_status == "UpdateCompleted" else self.job


def ready_at(now: datetime, seconds: float, fault: Fault | None) -> datetime:
    hangs = fault is not None and fault.effect == "hang"
    return now + (FOR_GOOD if hangs else timedelta(seconds=seconds))


def failure_of(fault: Fault | None) -> str | None:
    return fault.message if fault is not None and fault.effect == "fail" else None


def deployment_view(deployment: Deployment) -> dict[str, Any]:
    """Return the response of GetCustomModelDeployment."""
    summary = deployment_summary(deployment)
    name = summary.pop("customModelDeploymentName")
    described, update = deployment.request.get("description"), deployment.update
    view = {**summary, "modelDeploymentName": name, **({"description": described} if described else {})}
    if update is None:
        return view
    failed = {"failureMessage": update.failure} if deployment.update_status == "UpdateFailed" else {}
    details = {"modelArn": update.job.model_arn, "updateStatus": deployment.update_status}
    return {**view, **failed, "updateDetails": details}


def deployment_summary(deployment: Deployment) -> dict[str, Any]:
    """Return one item of ListCustomModelDeployments."""
    status, update = deployment.status, deployment.update
    changed = update.ready if update and deployment.update_status != "Updating" else deployment.ready
    summary = {
        "customModelDeploymentArn": deployment.arn,
        "customModelDeploymentName": deployment.name,
        "modelArn": deployment.serving.model_arn,
        "createdAt": deployment.created,
        "status": status,
        "lastUpdatedAt": deployment.created if status == "Creating" else changed,
    }
    return {**summary, **({"failureMessage": deployment.failure} if status == "Failed" else {})}


def deployment_fits(deployment: Deployment, query: Mapping[str, Any]) -> bool:
    """Return whether a deployment matches the filters of a list. Raises AwsError (ValidationException)."""
    return (
        query.get("nameContains", "") in deployment.name
        and query.get("statusEquals", deployment.status) == deployment.status
        and query.get("modelArnEquals", deployment.serving.model_arn) == deployment.serving.model_arn
        and created_between(deployment.created, query.get("createdAfter"), query.get("createdBefore"))
    )
