from __future__ import annotations

from typing import Any

from rft import wiring
from rft.contracts.steps import DeployJudgeInput
from rft.observability import logger
from rft.settings import StackSettings
from rft.steps.evaluation.deploy_judge import deploy_judge


@logger().inject_lambda_context
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    step = DeployJudgeInput.model_validate(event)
    logger().append_keys(run_id=step.run_id)
    deploy_judge(
        run_id=step.run_id,
        request=step.request,
        stack_name=StackSettings.from_environment().stack_name,
        deployments=wiring.model_deployments(),
        records=wiring.deployment_records(),
        ledger=wiring.ledger(),
        store=wiring.object_store(),
        clock=wiring.clock(),
    )
    return {"run_id": step.run_id}
