from __future__ import annotations

from typing import Any

from rft import wiring
from rft.contracts.steps import EvaluateModelInput
from rft.observability import logger
from rft.settings import BaseModelSettings
from rft.steps.evaluation.evaluate_model import evaluate_model


@logger().inject_lambda_context
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    step = EvaluateModelInput.model_validate(event)
    logger().append_keys(run_id=step.run_id)
    base_model_id = BaseModelSettings.from_environment().base_model_id
    return evaluate_model(
        run_id=step.run_id,
        request=step.request,
        dataset=step.dataset,
        grader_arn=step.grader_arn,
        model_id=base_model_id if step.part.model == "base" else step.deployment_arn,
        part=step.part,
        sampler=wiring.model_sampler(),
        invoker=wiring.grader_invoker(),
        store=wiring.object_store(),
        ledger=wiring.ledger(),
        history=wiring.run_history(),
        clock=wiring.clock(),
    ).model_dump(mode="json")
