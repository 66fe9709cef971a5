"""Wakes the run whose job has ended, and the first in the queue for the job quota."""

from __future__ import annotations

from typing import Any

from rft import wiring
from rft.contracts.http.events import JobChanged
from rft.observability import logger
from rft.steps.wake_runs import wake_runs


@logger().inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """EventBridge event Model Customization Job State Change → ids of the woken runs."""
    job = JobChanged.model_validate(event).detail
    logger().append_keys(job_name=job.name, job_status=job.status)
    woken = wake_runs(
        job_name=job.name,
        ended=job.ended,
        ledger=wiring.ledger(),
        queue=wiring.job_queue(),
        waits=wiring.run_waits(),
        executions=wiring.executions(),
    )
    return {"woken": woken}
