"""promote_model: updates the requested deployment to the trained model. Idempotent."""

from __future__ import annotations

from rft.contracts.deployments import DeploymentChange, PromotionSummary
from rft.contracts.ledger import RunStatus
from rft.contracts.run_request import RunRequest
from rft.errors import DeploymentRefused
from rft.evaluation.deployment import delete_evaluation_deployment
from rft.evaluation.promotion import begin_change, request_change
from rft.observability import logger
from rft.ports.models import DeploymentRecords, ModelDeployment, ModelDeployments
from rft.ports.runs import Ledger
from rft.ports.storage import Clock


def promote_model(
    *,
    run_id: str,
    request: RunRequest,
    stack_name: str,
    deployments: ModelDeployments,
    records: DeploymentRecords,
    ledger: Ledger,
    clock: Clock,
) -> None:
    """Records the currently served model, then creates or updates the deployment.

    Raises DeploymentInUse, DeploymentRefused, TransitionRefused, RunNotFound and the Retryable… errors.
    """
    run = ledger.transition(run_id, RunStatus.EVALUATING)
    if request.promotion is None or run.model_arn is None:
        raise DeploymentRefused("there is no model to promote, or no deployment for it")
    name = request.promotion.deployment
    # First, because a quota may not permit two deployments.
    delete_evaluation_deployment(run_id, deployments)
    live = deployments.find(name)
    record = begin_change(records.get(name), live, _change(run_id, run.model_arn, live, clock), records)
    change = record.changes[-1]
    previous = change.previous_model_arn
    ledger.update(
        run_id, {"promotion": PromotionSummary(status="running", deployment=name, previous_model_arn=previous)}
    )
    request_change(name, change, live, stack_name, deployments)
    logger().info("model is being promoted", deployment=name)


def _change(run_id: str, model_arn: str, live: ModelDeployment | None, clock: Clock) -> DeploymentChange:
    return DeploymentChange(
        action="promotion",
        status="running",
        run_id=run_id,
        model_arn=model_arn,
        previous_model_arn=live.serving if live else None,
        by=f"run {run_id}",
        at=clock.now(),
    )
