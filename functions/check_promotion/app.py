from __future__ import annotations

from typing import Any

from rft import wiring
from rft.contracts.steps import CheckPromotionInput
from rft.observability import logger
from rft.steps.evaluation.check_promotion import check_promotion


@logger().inject_lambda_context
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    step = CheckPromotionInput.model_validate(event)
    logger().append_keys(run_id=step.run_id)
    return check_promotion(
        run_id=step.run_id,
        request=step.request,
        dataset=step.dataset,
        grader_arn=step.grader_arn,
        deployments=wiring.model_deployments(),
        records=wiring.deployment_records(),
        sampler=wiring.model_sampler(),
        invoker=wiring.grader_invoker(),
        store=wiring.object_store(),
        ledger=wiring.ledger(),
        clock=wiring.clock(),
    ).model_dump(mode="json")
