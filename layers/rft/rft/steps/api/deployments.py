"""Shows deployments that promotions changed, and returns one to the model before."""

from __future__ import annotations

from typing import Literal, cast

from rft.contracts.deployments import DeploymentChange, DeploymentList, DeploymentRecord, DeploymentView
from rft.contracts.http.principal import Principal
from rft.errors import DeploymentInUse, DeploymentNotFound, DeploymentRefused
from rft.evaluation.promotion import begin_change, request_change, settled_rollback
from rft.ports.models import DeploymentRecords, ModelDeployment, ModelDeployments
from rft.ports.storage import Clock

UpdateStatus = Literal["Updating", "UpdateCompleted", "UpdateFailed"]


def list_deployments(*, deployments: ModelDeployments, records: DeploymentRecords) -> DeploymentList:
    """Each as Bedrock has it now, by name. Raises the Retryable… errors."""
    return DeploymentList(deployments=tuple(_view(each, deployments.find(each.name)) for each in records.all()))


def roll_back_deployment(
    *, name: str, caller: Principal, deployments: ModelDeployments, records: DeploymentRecords, clock: Clock
) -> DeploymentView:
    """Request the model that the deployment served before its last completed change; a repeat requests it once more.

    Rolled back twice, it has the newer model again. Raises DeploymentNotFound, DeploymentInUse (a run is changing it,
    or there is no model before), DeploymentRefused and the Retryable… errors.
    """
    record, live = records.get(name), deployments.find(name)
    if not record.changes or live is None:
        raise DeploymentNotFound(f"no deployment {name} of this stack's promotions; GET /deployments lists them")
    record = settled_rollback(record, live)
    record = begin_change(record, live, _rollback(record, live, caller, clock), records)
    try:
        request_change(name, record.changes[-1], live, "", deployments)
    except DeploymentRefused as refused:
        records.put(record.revising("reverted", str(refused)))
        raise
    return _view(record, deployments.find(name))


def _rollback(record: DeploymentRecord, live: ModelDeployment, caller: Principal, clock: Clock) -> DeploymentChange:
    completed = [change for change in record.changes if change.status == "completed"]
    target = completed[-1].previous_model_arn if completed else None
    if record.open_change is None and target is None:
        raise DeploymentInUse(f"{record.name} has no model before the one that it serves; delete it in Bedrock instead")
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
    """The run whose promotion brought a model; None for one that was there before."""
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
        changes=settled_rollback(record, live).changes,
    )
