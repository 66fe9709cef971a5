from __future__ import annotations

from typing import Any

from rft import wiring
from rft.contracts.steps import CheckJudgeInput
from rft.observability import logger
from rft.steps.evaluation.check_judge import check_judge


@logger().inject_lambda_context
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    step = CheckJudgeInput.model_validate(event)
    logger().append_keys(run_id=step.run_id)
    return check_judge(
        run_id=step.run_id,
        deployments=wiring.model_deployments(),
        ledger=wiring.ledger(),
        clock=wiring.clock(),
    ).model_dump(mode="json")
