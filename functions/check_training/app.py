from __future__ import annotations

from typing import Any

from rft import wiring
from rft.contracts.steps import CheckTrainingInput
from rft.observability import logger
from rft.steps.check_training import check_training


@logger().inject_lambda_context
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    step = CheckTrainingInput.model_validate(event)
    logger().append_keys(run_id=step.run_id)
    return check_training(
        run_id=step.run_id,
        job_arn=step.job_arn,
        limits=step.limits,
        jobs=wiring.training_jobs(),
        ledger=wiring.ledger(),
        history=wiring.run_history(),
        rollouts=wiring.rollout_reader(),
        clock=wiring.clock(),
    ).model_dump(mode="json")
