"""check_judge: polls the deployment of the run's judge."""

from __future__ import annotations

from rft.contracts.steps import DeploymentCheck
from rft.errors import DeploymentFailed
from rft.evaluation.promotion import CHANGE_WITHIN
from rft.ports.models import ModelDeployments
from rft.ports.runs import Ledger
from rft.ports.storage import Clock


def check_judge(*, run_id: str, deployments: ModelDeployments, ledger: Ledger, clock: Clock) -> DeploymentCheck:
    """Returns Creating or Active. Raises DeploymentFailed, RunNotFound and the Retryable… errors."""
    judge = ledger.get(run_id).judge
    if judge is None:
        raise DeploymentFailed("no judge was deployed for this run")
    found = deployments.find(judge.deployment_arn)
    if found is not None and found.status == "Active":
        return DeploymentCheck(status="Active")
    if found is not None and found.status == "Failed":
        raise DeploymentFailed(f"the judge's deployment failed: {found.failure or 'Bedrock reported no reason'}")
    if clock.now() - judge.requested_at > CHANGE_WITHIN:
        minutes = int(CHANGE_WITHIN.total_seconds() // 60)
        raise DeploymentFailed(f"the judge's deployment was not Active after {minutes} minutes")
    return DeploymentCheck(status="Creating")
