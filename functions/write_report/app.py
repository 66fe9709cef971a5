from __future__ import annotations

from typing import Any

from rft import wiring
from rft.contracts.ledger import RunStatus
from rft.contracts.steps import RunOutcome
from rft.observability import logger
from rft.steps.write_report import write_report


@logger().inject_lambda_context
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    outcome = RunOutcome.model_validate(event)
    logger().append_keys(run_id=outcome.run_id)
    return write_report(
        run_id=outcome.run_id,
        status=RunStatus(outcome.status),
        error=outcome.error,
        cause=outcome.cause,
        ledger=wiring.ledger(),
        sources=wiring.report_sources(),
    ).model_dump(mode="json")
