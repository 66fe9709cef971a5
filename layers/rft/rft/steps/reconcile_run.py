"""reconcile_run: closes a run after its execution has ended, stops its job and publishes the outcome."""

from __future__ import annotations

from rft.contracts.ledger import RunRecord, RunStatus
from rft.errors import RunNotFound
from rft.evaluation.promotion import release_deployments
from rft.observability import logger
from rft.ports.models import DeploymentRecords, ModelDeployments
from rft.ports.reports import ReportSources
from rft.ports.runs import Ledger
from rft.ports.storage import Notifier
from rft.ports.training import TrainingJobs
from rft.runs.causes import readable_cause
from rft.runs.finish_run import finish_run, notify_finished, stop_run_job
from rft.runs.status import TERMINAL


def reconcile_run(
    *,
    run_id: str,
    status: str,
    error: str,
    cause: str,
    ledger: Ledger,
    jobs: TrainingJobs,
    deployments: ModelDeployments,
    records: DeploymentRecords,
    notifier: Notifier,
    reports: ReportSources | None = None,
) -> RunRecord | None:
    """Closes the record if the execution ended other than by its last step; a retry completes a partial failure.

    `status`, `error` and `cause` are the execution's. None for an execution that is no run of the ledger's. With
    `reports` the run's report is written, too, unless it is there. Raises the Retryable… errors.
    """
    try:
        record = ledger.get(run_id)
    except RunNotFound:
        logger().warning("an execution without a run has ended", status=status)
        return None
    if record.status not in TERMINAL:
        logger().warning("the execution ended without an outcome", run_status=record.status, status=status)
        end_as, error, cause = _end_of(status, error, cause)
        # The ledger comes first, as when a run is cancelled.
        record = finish_run(record, end_as, error=error, cause=cause, ledger=ledger)
    if record.status in {RunStatus.FAILED, RunStatus.CANCELLED}:
        stop_run_job(record, jobs)
    release_deployments(record, deployments, records)
    notify_finished(record, ledger, notifier)
    record = ledger.get(run_id)
    if reports is not None:
        write_missing_report(record, reports)
    return record


def write_missing_report(record: RunRecord, sources: ReportSources) -> None:
    """Writes the report of an ended run unless it exists. Raises the Retryable… errors."""
    from rft.report.write import has_report, write_run_report  # noqa: PLC0415 - most runs have their report by now

    if not has_report(record, sources.store):
        write_run_report(record, sources)


def _end_of(status: str, error: str, cause: str) -> tuple[RunStatus, str, str]:
    reason = readable_cause(error, cause)
    suffix = f": {reason}" if reason else ""
    match status:
        case "ABORTED":
            by = f"the execution was stopped from outside (CloudTrail has the caller){suffix}"
            return RunStatus.CANCELLED, "ExecutionAborted", by
        case "TIMED_OUT":
            return RunStatus.FAILED, "ExecutionTimedOut", f"the execution ran out of its time{suffix}"
        case "FAILED":
            return RunStatus.FAILED, error or "ExecutionFailed", reason or "the execution failed"
        case _:
            return RunStatus.FAILED, "OutcomeMissing", f"the execution is {status}, but recorded no outcome{suffix}"
