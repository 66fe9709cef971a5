from __future__ import annotations

from typing import Any

from rft import wiring
from rft.contracts.steps import ApprovalInput
from rft.observability import logger
from rft.settings import ApprovalWaitSettings
from rft.steps.request_approval import request_approval


@logger().inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """ApprovalInput → the run's id and status; the state machine waits for SendTaskSuccess."""
    step = ApprovalInput.model_validate(event)
    logger().append_keys(run_id=step.run_id)
    return request_approval(
        run_id=step.run_id,
        task_token=step.task_token,
        reasons=step.reasons,
        days=ApprovalWaitSettings.from_environment().approval_days,
        ledger=wiring.ledger(),
        approvals=wiring.approvals(),
        notifier=wiring.notifier(),
        clock=wiring.clock(),
    ).model_dump(mode="json", include={"run_id", "status"})
