from __future__ import annotations

from typing import Any

from rft import wiring
from rft.contracts.steps import WaitInput
from rft.observability import logger
from rft.steps.wait_for_quota import wait_for_quota


@logger().inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """WaitInput → WaitBegun; the state machine waits for SendTaskSuccess or the next try."""
    step = WaitInput.model_validate(event)
    logger().append_keys(run_id=step.run_id)
    return wait_for_quota(run_id=step.run_id, task_token=step.task_token, waits=wiring.run_waits()).model_dump(
        mode="json"
    )
