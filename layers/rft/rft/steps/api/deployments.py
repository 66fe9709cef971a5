"""Lists, rolls back and deletes deployments that promotions changed."""

from __future__ import annotations

from typing import Literal, cast

from rft.contracts.deployments import DeploymentChange, DeploymentList, DeploymentRecord, DeploymentView
from rft.contracts.http.principal import Principal
from rft.errors import DeploymentInUse, DeploymentNotFound, DeploymentRefused
from rft.evaluation.promotion import begin_change, request_change, settled_change
from rft.ports.models import DeploymentRecords, ModelDeployment, ModelDeployments
from rft.ports.storage import Clock

UpdateStatus = Literal["Updating", "UpdateCompleted", "UpdateFailed"]


def list_deployments(*, deployments: ModelDeployments, records: DeploymentRecords) -> DeploymentList:
    """Returns each deployment's current state in Bedrock, by name. Raises the Retryable… errors."""
    return DeploymentList(deployments=tuple(_view(each, deployments.find(each.name)) for each in records.all()))


def roll_back_deployment(
    *, name: str, caller: Principal, deployments: ModelDeployments, records: DeploymentRecords, clock: Clock
) -> DeploymentView:
    """Restores the model that was served before the last completed change; idempotent on retry.

    A second rollback restores the newer model. Raises DeploymentNotFound, DeploymentInUse (a run is changing it, or
    there is no previous model), DeploymentRefused and the Retryable… errors.
    """
    record, live = records.get(name), deployments.find(name)
    if not record.changes or live is None:
        raise DeploymentNotFound(f"deployment {name} not found in this stack's promotions; see GET /deployments")
    record = settled_change(record, live)
    record = begin_change(record, live, _rollback(record, live, caller, clock), records)
    try:
        request_change(name, record.changes[-1], live, "", deployments)
    except DeploymentRefused as refused:
        records.put(record.revising("reverted", str(refused)))
        raise
    return _view(record, deployments.find(name))


def delete_deployment(
    *, name: str, caller: Principal, deployments: ModelDeployments, records: DeploymentRecords, clock: Clock
) -> DeploymentView:
    """Deletes a deployment created by a promotion. Idempotent; the history is kept.

    Raises DeploymentNotFound, DeploymentInUse (a run or a rollback is changing it, or another made it since) and the
    Retryable… errors.
    """
    record, live = records.get(name), deployments.find(name)
    last = record.last
    if last is None or (live is None and last.action != "deletion"):
        raise DeploymentNotFound(f"deployment {name} not found in this stack's promotions; see GET /deployments")
    if live is not None:
        record = begin_change(record, live, _deletion(record, live, caller, clock), records)
        deployments.delete(name)
    if record.open_change is not None:
        record = records.put(record.revising("completed"))
    return _view(record, None)


def _deletion(record: DeploymentRecord, live: ModelDeployment, caller: Principal, clock: Clock) -> DeploymentChange:
    return DeploymentChange(
        action="deletion",
        status="running",
        run_id=_run_of(record, live.serving),
        model_arn=live.serving,
        previous_model_arn=live.serving,
        by=caller.identity,
        at=clock.now(),
    )


def _rollback(record: DeploymentRecord, live: ModelDeployment, caller: Principal, clock: Clock) -> DeploymentChange:
    completed = [change for change in record.changes if change.status == "completed"]
    target = completed[-1].previous_model_arn if completed else None
    if record.open_change is None and target is None:
        raise DeploymentInUse(f"{record.name} has no previous model to roll back to; delete the deployment instead")
    return DeploymentChange(
        action="rollback",
        status="running",
        run_id=_run_of(record, target or live.serving),
        model_arn=target or live.serving,
        previous_model_arn=live.serving,
        by=caller.identity,
        at=clock.now(),
    )


def _run_of(record: DeploymentRecord, model_arn: str | None) -> str | None:
    """The run whose promotion deployed the model; None if the model was there before any promotion."""
    found = (change.run_id for change in reversed(record.changes) if change.model_arn == model_arn)
    return next(found, None)


def _view(record: DeploymentRecord, live: ModelDeployment | None) -> DeploymentView:
    serving = live.serving if live else None
    return DeploymentView(
        name=record.name,
        arn=live.arn if live else None,
        status=cast("Literal['Creating', 'Active', 'Failed']", live.status) if live else None,
        update_status=cast("UpdateStatus", live.update_status) if live and live.update_status else None,
        model_arn=serving,
        run_id=_run_of(record, serving),
        changes=settled_change(record, live).changes,
    )
