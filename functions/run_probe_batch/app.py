from __future__ import annotations

from typing import Any

from rft import wiring
from rft.contracts.probe_batches import RunProbeBatchInput
from rft.observability import logger
from rft.steps.run_probe_batch import run_probe_batch


@logger().inject_lambda_context
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    step = RunProbeBatchInput.model_validate(event)
    logger().append_keys(run_id=step.run_id)
    return run_probe_batch(
        run_id=step.run_id,
        request=step.request,
        dataset=step.dataset,
        grader_arn=step.grader_arn,
        part=step.part,
        store=wiring.object_store(),
        invoker=wiring.grader_invoker(),
        clock=wiring.clock(),
    ).model_dump(mode="json")
