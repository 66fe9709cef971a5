from __future__ import annotations

from typing import Any

from rft import wiring
from rft.contracts.steps import CheckDeploymentInput
from rft.observability import logger
from rft.steps.evaluation.check_deployment import check_deployment


@logger().inject_lambda_context
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    step = CheckDeploymentInput.model_validate(event)
    logger().append_keys(run_id=step.run_id)
    return check_deployment(
        run_id=step.run_id,
        deployment_arn=step.deployment_arn,
        deployments=wiring.model_deployments(),
        ledger=wiring.ledger(),
        history=wiring.run_history(),
        clock=wiring.clock(),
    ).model_dump(mode="json")
