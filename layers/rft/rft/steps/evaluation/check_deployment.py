"""check_deployment: polls the deployment of the run's model."""

from __future__ import annotations

from datetime import timedelta

from rft.contracts.ledger import RunStatus
from rft.contracts.steps import DeploymentCheck
from rft.errors import DeploymentFailed, TransitionRefused
from rft.observability import logger
from rft.ports.models import ModelDeployments
from rft.ports.runs import Ledger, RunHistory
from rft.ports.storage import Clock

DEPLOY_WITHIN = timedelta(minutes=60)
"""Deployment takes about eight minutes (Bedrock User Guide, deploy a custom model)."""


def check_deployment(
    *,
    run_id: str,
    deployment_arn: str,
    deployments: ModelDeployments,
    ledger: Ledger,
    history: RunHistory,
    clock: Clock,
) -> DeploymentCheck:
    """Returns Creating or Active.

    Raises DeploymentFailed, TransitionRefused (the run has ended meanwhile), RunNotFound and the Retryable… errors.
    """
    if ledger.get(run_id).status is not RunStatus.EVALUATING:
        raise TransitionRefused(f"{run_id} is no longer being evaluated")
    found = deployments.find(deployment_arn)
    if found is not None and found.status == "Active":
        return DeploymentCheck(status="Active")
    if found is not None and found.status == "Failed":
        raise DeploymentFailed(f"the deployment failed: {found.failure or 'Bedrock reported no reason'}")
    started = max((e.at for e in history.events(run_id) if e.after is RunStatus.EVALUATING), default=clock.now())
    if clock.now() - started > DEPLOY_WITHIN:
        minutes = int(DEPLOY_WITHIN.total_seconds() // 60)
        state = "could not be found" if found is None else f"was still {found.status}"
        raise DeploymentFailed(f"the deployment {state} after {minutes} minutes")
    logger().info("deployment is not active yet", status=found.status if found else "unknown")
    return DeploymentCheck(status="Creating")
