"""Cancels a run."""

from __future__ import annotations

from rft.contracts.http.principal import Principal
from rft.contracts.ledger import RunRecord, RunStatus
from rft.errors import TransitionRefused
from rft.evaluation.promotion import release_deployments
from rft.ports.models import DeploymentRecords, ModelDeployments
from rft.ports.runs import Executions, Ledger
from rft.ports.storage import Notifier
from rft.ports.training import TrainingJobs
from rft.runs.finish_run import finish_run, notify_finished, stop_run_job

CAUSE = "cancelled through the API"


def cancel_run(
    *,
    run_id: str,
    caller: Principal,
    ledger: Ledger,
    executions: Executions,
    jobs: TrainingJobs,
    deployments: ModelDeployments,
    records: DeploymentRecords,
    notifier: Notifier,
) -> RunRecord:
    """Returns the run: CANCELLED, or COMPLETED without an evaluation if it has a model. A retry resumes.

    Raises RunNotFound, TransitionRefused (the run has another final status) and the Retryable… errors.
    """
    record = ledger.get(run_id)
    # The ledger is written first: a job that is just being created is then not recorded, and its step stops it.
    record = finish_run(record, RunStatus.CANCELLED, error="RunCancelled", cause=CAUSE, caller=caller, ledger=ledger)
    cancelled = "cancelled" in {part.status for part in (record.evaluation, record.promotion) if part is not None}
    if record.status is not RunStatus.CANCELLED and not cancelled:
        raise TransitionRefused(f"{run_id} has ended as {record.status}")
    executions.stop(run_id, error="RunCancelled", cause=CAUSE)
    if not cancelled:
        stop_run_job(record, jobs)
    release_deployments(record, deployments, records)
    notify_finished(record, ledger, notifier)
    return ledger.get(run_id)
