from __future__ import annotations

from typing import Any

from rft import wiring
from rft.contracts.steps import DeployModelInput
from rft.observability import logger
from rft.settings import StackSettings
from rft.steps.evaluation.deploy_model import deploy_model


@logger().inject_lambda_context
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    step = DeployModelInput.model_validate(event)
    logger().append_keys(run_id=step.run_id)
    return deploy_model(
        run_id=step.run_id,
        request=step.request,
        dataset=step.dataset,
        stack_name=StackSettings.from_environment().stack_name,
        deployments=wiring.model_deployments(),
        ledger=wiring.ledger(),
        store=wiring.object_store(),
    ).model_dump(mode="json")
