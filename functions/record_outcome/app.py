from __future__ import annotations

from typing import Any

from rft import wiring
from rft.contracts.ledger import RunStatus
from rft.contracts.steps import RunOutcome
from rft.observability import logger
from rft.steps.record_outcome import record_outcome


@logger().inject_lambda_context
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """RunOutcome → the run's id and final status: that of an earlier end, if there was one."""
    outcome = RunOutcome.model_validate(event)
    logger().append_keys(run_id=outcome.run_id)
    return record_outcome(
        run_id=outcome.run_id,
        status=RunStatus(outcome.status),
        error=outcome.error,
        cause=outcome.cause,
        jobs=wiring.training_jobs(),
        deployments=wiring.model_deployments(),
        records=wiring.deployment_records(),
        ledger=wiring.ledger(),
        notifier=wiring.notifier(),
    ).model_dump(mode="json", include={"run_id", "status"})
