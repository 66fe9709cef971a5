"""Exports an ended run to the MLflow server."""

from __future__ import annotations

from typing import Any

from rft import wiring
from rft.contracts.outbound.domain_events import DomainEvent
from rft.observability import logger
from rft.steps.track_run import track_run


@logger().inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    change = DomainEvent.model_validate(event)
    logger().append_keys(run_id=change.run_id)
    return track_run(
        event=change, ledger=wiring.ledger(), store=wiring.object_store(), tracker=wiring.run_tracker()
    ).model_dump(mode="json")
