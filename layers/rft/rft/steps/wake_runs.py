"""wake_runs: a job has begun or ended; runs that wait for that need not wait until their next try."""

from __future__ import annotations

from rft.contracts.ledger import RunStatus
from rft.errors import RunNotFound
from rft.observability import logger
from rft.ports.runs import Executions, JobQueue, Ledger, RunWaits
from rft.runs.waits import wake_run


def wake_runs(
    *, job_name: str, ended: bool, ledger: Ledger, queue: JobQueue, waits: RunWaits, executions: Executions
) -> list[str]:
    """Ids of the runs that were woken: the run of a job that has ended, and the first in the queue for a job.

    A job is named after its run; others of the account are no run's, but fill the same quota. One that has begun may
    have left room for another: the first run besides its own tries next. Raises the Retryable… errors; a repeat wakes
    again, which costs a try and changes nothing.
    """
    woken = [job_name] if ended and _polls(job_name, ledger) else []
    woken += [run_id for run_id in queue.first(2) if run_id != job_name][:1]
    for run_id in woken:
        waiting = wake_run(run_id, waits=waits, executions=executions)
        logger().info("run woken", run_id=run_id, was_waiting=waiting)
    return woken


def _polls(job_name: str, ledger: Ledger) -> bool:
    """True from STARTING on: the job's event may arrive before the run has recorded its job."""
    try:
        return ledger.get(job_name).status in {RunStatus.STARTING, RunStatus.TRAINING}
    except RunNotFound:
        return False
