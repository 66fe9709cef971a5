"""record_outcome: the run's last step. No job is left at work, the ledger says how it ended, people are told."""

from __future__ import annotations

from rft.contracts.ledger import Failure, RunRecord, RunStatus
from rft.errors import TransitionRefused
from rft.observability import logger
from rft.ports import Ledger, Notifier, TrainingJobs
from rft.runs.causes import readable_cause
from rft.runs.status import TERMINAL, may_have_job
from rft.steps.stopping import stop_if_there


def record_outcome(
    *,
    run_id: str,
    status: RunStatus,
    error: str,
    cause: str,
    jobs: TrainingJobs,
    ledger: Ledger,
    notifier: Notifier,
) -> RunRecord:
    """End the run as `status` and announce it, unless it completed; return the record as it ended.

    A repeat does what is missing and succeeds. A run that has ended otherwise stays as it is: the first end counts,
    and whoever wrote it announces it. The message is sent before the run is marked as notified: a crash between the
    two sends it again, none loses it. Raises RunNotFound, TransitionRefused and the Retryable… errors.
    """
    record = ledger.get(run_id)
    if status is not RunStatus.COMPLETED and may_have_job(record.status):
        stop_if_there(record.job.arn if record.job else run_id, jobs)
    record = _end(record, status, error, readable_cause(error, cause), ledger)
    if record.status is not status:
        logger().warning("the run has ended otherwise", status=record.status, refused=status)
    elif status is not RunStatus.COMPLETED and not record.notified:
        _announce(record, ledger, notifier)
    logger().info("run ended", status=record.status)
    return ledger.get(run_id)


def _end(record: RunRecord, status: RunStatus, error: str, cause: str, ledger: Ledger) -> RunRecord:
    """The ended run: by this write, or as another one left it."""
    if record.status in TERMINAL:
        return record
    completed = status is RunStatus.COMPLETED
    changes = {} if completed else {"failure": Failure(stage=record.status, error=error, cause=cause)}
    try:
        return ledger.transition(record.run_id, status, detail=cause, changes=changes)
    except TransitionRefused:
        ended = ledger.get(record.run_id)
        if ended.status not in TERMINAL:
            raise
        return ended


def _announce(record: RunRecord, ledger: Ledger, notifier: Notifier) -> None:
    failure = record.failure
    message = {
        "run_id": record.run_id,
        "status": record.status,
        "stage": failure.stage if failure else None,
        "error": failure.error if failure else "",
        "cause": failure.cause if failure else "",
        "name": record.name,
        "job_arn": record.job.arn if record.job else None,
    }
    notifier.publish(f"RFT run {record.run_id}: {record.status}", message)
    ledger.mark_notified(record.run_id)
