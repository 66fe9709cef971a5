"""wake_runs: wakes runs that wait for a job that has started or ended."""

from __future__ import annotations

from rft.contracts.ledger import RunStatus
from rft.errors import RunNotFound
from rft.observability import logger
from rft.ports.runs import Executions, JobQueue, Ledger, RunWaits
from rft.runs.waits import wake_run


def wake_runs(
    *, job_name: str, ended: bool, ledger: Ledger, queue: JobQueue, waits: RunWaits, executions: Executions
) -> list[str]:
    """Returns the ids of woken runs: the ended job's run, and the first in the queue.

    Jobs are named after their runs; other jobs of the account use the same quota. Raises the Retryable… errors; waking
    a run again is harmless.
    """
    woken = [job_name] if ended and _polls(job_name, ledger) else []
    # After a job has started there may be room for another, so the first queued run other than its own is woken.
    woken += [run_id for run_id in queue.first(2) if run_id != job_name][:1]
    for run_id in woken:
        waiting = wake_run(run_id, waits=waits, executions=executions)
        logger().info("run woken", run_id=run_id, was_waiting=waiting)
    return woken


def _polls(job_name: str, ledger: Ledger) -> bool:
    # From STARTING on: the job's event may arrive before the run has recorded its job.
    try:
        return ledger.get(job_name).status in {RunStatus.STARTING, RunStatus.TRAINING}
    except RunNotFound:
        return False
