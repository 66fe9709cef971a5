"""Closes an experiment whose execution ended without its last step."""

from __future__ import annotations

from typing import Any

from rft import wiring
from rft.contracts.http.events import ExecutionEnded
from rft.observability import logger
from rft.steps.experiments.reconcile_experiment import reconcile_experiment


@logger().inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """EventBridge event Step Functions Execution Status Change → the experiment's id and status; null if unknown."""
    ended = ExecutionEnded.model_validate(event).detail
    logger().append_keys(experiment_id=ended.name)
    record = reconcile_experiment(
        experiment_id=ended.name,
        status=ended.status,
        error=ended.error or "",
        cause=ended.cause or "",
        experiments=wiring.experiments(),
        runs=wiring.run_ports(),
    )
    return {"experiment_id": ended.name, "status": record.status if record else None}
