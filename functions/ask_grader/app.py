"""The AskGrader step."""

from __future__ import annotations

from typing import Any

from rft import wiring
from rft.contracts.asking import AskGraderInput
from rft.observability import logger
from rft.steps.ask_grader import ask_grader


@logger().inject_lambda_context
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """AskGraderInput → AskedPart."""
    step = AskGraderInput.model_validate(event)
    logger().append_keys(run_id=step.run_id)
    return ask_grader(
        run_id=step.run_id,
        request=step.request,
        dataset=step.dataset,
        grader_arn=step.grader_arn,
        part=step.part,
        store=wiring.object_store(),
        invoker=wiring.grader_invoker(),
        clock=wiring.clock(),
    ).model_dump(mode="json")
