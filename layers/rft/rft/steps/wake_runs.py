"""wake_runs: a job has ended; the run that polls it need not wait until its next poll."""

from __future__ import annotations

from rft.contracts.ledger import RunStatus
from rft.errors import RunNotFound
from rft.observability import logger
from rft.ports.runs import Executions, Ledger, RunWaits
from rft.runs.waits import wake_run


def wake_runs(*, job_name: str, ledger: Ledger, waits: RunWaits, executions: Executions) -> list[str]:
    """Ids of the runs that were woken. A job is named after its run; others of the account are no run's.

    Raises the Retryable… errors; a repeat wakes again, which costs a poll and changes nothing.
    """
    woken = [job_name] if _is_training(job_name, ledger) else []
    for run_id in woken:
        waiting = wake_run(run_id, waits=waits, executions=executions)
        logger().info("run woken", run_id=run_id, was_waiting=waiting)
    return woken


def _is_training(job_name: str, ledger: Ledger) -> bool:
    """True from STARTING on: the job's event may come before the run has recorded its job."""
    try:
        return ledger.get(job_name).status in {RunStatus.STARTING, RunStatus.TRAINING}
    except RunNotFound:
        return False
