"""Ending a run, from wherever: the record is closed once, no job goes on, people are told once."""

from __future__ import annotations

from rft.contracts.ledger import Failure, RunRecord, RunStatus
from rft.errors import TransitionRefused
from rft.ports import Ledger, Notifier, TrainingJobs
from rft.runs.status import TERMINAL
from rft.training.stop_job import stop_job_if_present


def finish_run(record: RunRecord, status: RunStatus, *, error: str, cause: str, ledger: Ledger) -> RunRecord:
    """The ended run: by this write, or as another one left it. Raises TransitionRefused where the table forbids it."""
    if record.status in TERMINAL:
        return record

    def failure(last: RunRecord) -> dict[str, Failure]:
        """Names the stage that the run was in just then: it may have moved on since `record` was read."""
        completed = status is RunStatus.COMPLETED
        return {} if completed else {"failure": Failure(stage=last.status, error=error, cause=cause)}

    try:
        return ledger.transition(record.run_id, status, detail=cause, changes=failure)
    except TransitionRefused:
        ended = ledger.get(record.run_id)
        if ended.status not in TERMINAL:
            raise
        return ended


def stop_run_job(record: RunRecord, jobs: TrainingJobs) -> None:
    """Stop the run's job, if there is one, whether or not the ledger knows it: it has the run's name."""
    stop_job_if_present(record.job.arn if record.job else record.run_id, jobs)


def notify_finished(record: RunRecord, ledger: Ledger, notifier: Notifier) -> None:
    """Tell people how the run ended, unless it completed or they know.

    The message is sent before the run is marked as notified: a crash between the two leaves the mark to whoever comes
    next, none loses the message.
    """
    if record.status is RunStatus.COMPLETED or record.notified:
        return
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
    notifier.publish(f"outcome/{record.run_id}", f"RFT run {record.run_id}: {record.status}", message)
    ledger.mark_notified(record.run_id)
