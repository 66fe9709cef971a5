"""Changes a named deployment to another model, and reverts the change. Takes ports.

The ledger records each change before it is requested, and progress is read from the deployment, never assumed. A lost
response or a crash at any point is therefore repaired by the next call.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from rft.contracts.deployments import DeploymentChange, DeploymentRecord
from rft.contracts.ledger import RunRecord
from rft.errors import DeploymentInUse
from rft.evaluation.deployment import (
    PROMOTION,
    PURPOSE_TAG,
    RUN_TAG,
    STACK_TAG,
    delete_evaluation_deployment,
    judge_deployment,
)
from rft.ports.models import DeploymentRecords, ModelDeployment, ModelDeployments

CHANGE_WITHIN = timedelta(minutes=60)
"""Deployment takes about eight minutes (Bedrock User Guide, deploy a custom model)."""


def begin_change(
    record: DeploymentRecord, live: ModelDeployment | None, change: DeploymentChange, records: DeploymentRecords
) -> DeploymentRecord:
    """Records a planned change; a change that this run started earlier is kept.

    Raises DeploymentInUse during another change, and for a deployment that no promotion created.
    """
    record = settled_change(record, live)
    under_way = record.open_change
    if under_way is not None:
        if (under_way.action, under_way.run_id) == (change.action, change.run_id):
            return record
        raise DeploymentInUse(f"{record.name} is being changed by {under_way.by}; retry when that has ended")
    if live is not None and (record.last is None or record.last.action == "deletion"):
        raise DeploymentInUse(
            f"deployment {record.name} was not created by a promotion of this stack; use another name"
        )
    return records.put(record.adding(change))


def settled_change(record: DeploymentRecord, live: ModelDeployment | None) -> DeploymentRecord:
    """Settles a rollback or deletion, which no run waits for, by its state in Bedrock: completed or reverted."""
    change = record.open_change
    if change is not None and change.action == "deletion":
        return record if live is not None else record.revising("completed")
    if change is None or change.action != "rollback" or live is None or live.updating:
        return record
    if live.serving == change.model_arn:
        return record.revising("completed")
    if live.update_status == "UpdateFailed" and live.update_model_arn == change.model_arn:
        return record.revising("reverted", f"the update failed: {live.failure or 'Bedrock reported no reason'}")
    return record


def request_change(
    name: str, change: DeploymentChange, live: ModelDeployment | None, stack_name: str, deployments: ModelDeployments
) -> None:
    """Creates or updates the deployment, unless already requested.

    Raises DeploymentRefused, RetryableQuota, RetryableThrottling, RetryableServiceError.
    """
    target = change.model_arn
    if live is None:
        tags = {RUN_TAG: str(change.run_id), STACK_TAG: stack_name, PURPOSE_TAG: PROMOTION}
        deployments.create(name, target, tags=tags, token=f"{change.run_id}-promotion")
    elif live.serving != target and not (live.updating and live.update_model_arn == target):
        deployments.update(name, target)


def failure(change: DeploymentChange, live: ModelDeployment | None, now: datetime) -> str:
    """Why a requested change has failed; '' while it may succeed."""
    reason = "Bedrock reported no reason" if live is None or not live.failure else live.failure
    if live is not None and live.status == "Failed":
        return f"the deployment failed: {reason}"
    if live is not None and live.update_status == "UpdateFailed" and live.update_model_arn == change.model_arn:
        return f"the update failed: {reason}"
    if now - change.at > CHANGE_WITHIN and not is_served(change, live):
        state = "is not there" if live is None else f"is {live.update_status or live.status}"
        return f"the deployment {state} after {int(CHANGE_WITHIN.total_seconds() // 60)} minutes"
    return ""


def is_served(change: DeploymentChange, live: ModelDeployment | None) -> bool:
    return live is not None and live.status == "Active" and not live.updating and live.serving == change.model_arn


def revert_change(
    record: DeploymentRecord, reason: str, deployments: ModelDeployments, records: DeploymentRecords
) -> DeploymentRecord:
    """Advances the reversal of the open change: deletes a created deployment, or updates it back.

    The status is `reverting` until the deployment serves the previous model or is deleted, then `reverted`; call again
    until then. Raises the Retryable… errors, DeploymentRefused.
    """
    change = record.open_change
    if change is None:
        return record
    if change.status != "reverting":
        record = records.put(record.revising("reverting", reason))
    if change.previous_model_arn is None:
        deployments.delete(record.name)
        return records.put(record.revising("reverted"))
    live = deployments.find(record.name)
    if live is None or (live.serving == change.previous_model_arn and not live.updating):
        return records.put(record.revising("reverted", "" if live else "the deployment is gone"))
    if not live.updating:  # Bedrock rejects a second update during an update
        deployments.update(record.name, change.previous_model_arn)
    return record


def release_deployments(run: RunRecord, deployments: ModelDeployments, records: DeploymentRecords) -> None:
    """Deletes an ended run's deployments, and reverts a promotion that it left incomplete.

    What Bedrock rejects for now, such as an update during an update, is left to the sweep. Raises the Retryable…
    errors.
    """
    if run.evaluation is not None:
        delete_evaluation_deployment(run.run_id, deployments)
    if run.request.grader is not None and run.request.grader.judge is not None:
        deployments.delete(judge_deployment(run.run_id))
    if run.promotion is None:
        return
    record = records.get(run.promotion.deployment)
    change = record.open_change
    if change is not None and (change.action, change.run_id) == ("promotion", run.run_id):
        settle_promotion(record, run.promotion.status, deployments, records)


def settle_promotion(
    record: DeploymentRecord, outcome: str, deployments: ModelDeployments, records: DeploymentRecords
) -> None:
    """Closes the open promotion of an ended run: completed if its record says so, otherwise reverted."""
    if outcome == "completed":
        records.put(record.revising("completed"))
    else:
        revert_change(record, "the run ended before the model was checked", deployments, records)
