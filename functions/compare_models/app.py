from __future__ import annotations

from typing import Any

from rft import wiring
from rft.contracts.steps import CompareModelsInput
from rft.observability import logger
from rft.steps.evaluation.compare_models import compare_models


@logger().inject_lambda_context
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    step = CompareModelsInput.model_validate(event)
    logger().append_keys(run_id=step.run_id)
    return compare_models(
        run_id=step.run_id,
        request=step.request,
        dataset=step.dataset,
        ledger=wiring.ledger(),
        store=wiring.object_store(),
    ).model_dump(mode="json")
