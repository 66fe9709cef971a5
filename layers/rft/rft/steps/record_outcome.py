"""record_outcome: the run's last step. Cleans up its job and deployments, and records how it ended."""

from __future__ import annotations

from rft.contracts.ledger import RunRecord, RunStatus
from rft.contracts.run_request import Mode
from rft.evaluation.pilot import pilot_result
from rft.evaluation.promotion import release_deployments
from rft.observability import logger
from rft.ports.models import DeploymentRecords, ModelDeployments
from rft.ports.runs import Ledger
from rft.ports.storage import Notifier
from rft.ports.training import TrainingJobs
from rft.runs.causes import readable_cause
from rft.runs.finish_run import finish_run, notify_finished, stop_run_job
from rft.runs.status import TERMINAL, may_have_job


def record_outcome(
    *,
    run_id: str,
    status: RunStatus,
    error: str,
    cause: str,
    jobs: TrainingJobs,
    deployments: ModelDeployments,
    records: DeploymentRecords,
    ledger: Ledger,
    notifier: Notifier,
) -> RunRecord:
    """Ends the run with `status`, publishes failures, and returns the record.

    A retry completes a partial failure and succeeds. The first final status is kept.
    Raises RunNotFound, TransitionRefused and the Retryable… errors.
    """
    record = ledger.get(run_id)
    if status is not RunStatus.COMPLETED and may_have_job(record.status):
        stop_run_job(record, jobs)
    if record.request.mode is Mode.PILOT and record.status not in TERMINAL:
        ledger.update(run_id, {"pilot": pilot_result(record)})
    record = finish_run(record, status, error=error, cause=readable_cause(error, cause), ledger=ledger)
    release_deployments(record, deployments, records)
    if record.status is not status:
        logger().warning("the run has ended otherwise", status=record.status, refused=status)
    notify_finished(record, ledger, notifier)
    logger().info("run ended", status=record.status)
    return ledger.get(run_id)
