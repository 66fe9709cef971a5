from __future__ import annotations

from datetime import timedelta
from typing import Any

from rft import wiring
from rft.contracts.steps import SmokeTestInput
from rft.observability import logger
from rft.settings import ApprovalSettings, GraderDirectory, ProbeSettings
from rft.steps.smoke_test_grader import smoke_test_grader


@logger().inject_lambda_context
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """SmokeTestInput → SmokeTestOutcome, or PendingParts if one function has too little time."""
    step = SmokeTestInput.model_validate(event)
    logger().append_keys(run_id=step.run_id)
    return smoke_test_grader(
        run_id=step.run_id,
        request=step.request,
        dataset=step.dataset,
        graders=GraderDirectory.from_environment().graders,
        ledger=wiring.ledger(),
        store=wiring.object_store(),
        invoker=wiring.grader_invoker(),
        clock=wiring.clock(),
        completed_parts=step.completed_parts,
        budget=timedelta(seconds=ProbeSettings.from_environment().probe_budget_seconds),
        start=step.start,
        require_approval=ApprovalSettings.from_environment().require_approval,
    ).model_dump(mode="json")
