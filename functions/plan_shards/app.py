from __future__ import annotations

from typing import Any

from rft import wiring
from rft.contracts.shards import PlanShardsInput
from rft.observability import logger
from rft.steps.plan_shards import plan_shards


@logger().inject_lambda_context
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    step = PlanShardsInput.model_validate(event)
    logger().append_keys(run_id=step.run_id)
    return plan_shards(
        run_id=step.run_id, request=step.request, indexed=step.indexed, store=wiring.object_store()
    ).model_dump(mode="json")
