"""Closes a run whose execution ended without its last step."""

from __future__ import annotations

from typing import Any

from rft import wiring
from rft.contracts.http.events import ExecutionEnded
from rft.observability import logger
from rft.steps.reconcile_run import reconcile_run


@logger().inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """EventBridge event Step Functions Execution Status Change → the run's id and status; null if unknown."""
    ended = ExecutionEnded.model_validate(event).detail
    logger().append_keys(run_id=ended.name)
    record = reconcile_run(
        run_id=ended.name,
        status=ended.status,
        error=ended.error or "",
        cause=ended.cause or "",
        ledger=wiring.ledger(),
        jobs=wiring.training_jobs(),
        deployments=wiring.model_deployments(),
        records=wiring.deployment_records(),
        notifier=wiring.notifier(),
        reports=wiring.report_sources(),
    )
    return {"run_id": ended.name, "status": record.status if record else None}
