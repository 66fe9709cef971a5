"""Cancels an experiment and its runs."""

from __future__ import annotations

from rft.contracts.experiments.record import ARM_ENDED, ExperimentFailure, ExperimentRecord, ExperimentStatus
from rft.contracts.http.principal import Principal
from rft.contracts.ledger import RunRecord, RunStatus
from rft.errors import RunNotFound, TransitionRefused
from rft.evaluation.promotion import release_deployments
from rft.ports.experiments import Experiments, RunPorts
from rft.ports.runs import Executions
from rft.runs.finish_run import finish_run, notify_finished, stop_run_job

CAUSE = "cancelled through the API"
ERROR = "ExperimentCancelled"


def cancel_experiment(
    *, experiment_id: str, caller: Principal, experiments: Experiments, executions: Executions, runs: RunPorts
) -> ExperimentRecord:
    """Returns the cancelled experiment; all its runs and jobs are stopped. A retry completes a partial failure.

    Raises ExperimentNotFound, TransitionRefused (it has another final status) and the Retryable… errors.
    """
    failure = ExperimentFailure(error=ERROR, cause=CAUSE, caller=caller)
    # The ledger is written first, so no arm starts afterwards.
    record = close_experiment(experiment_id, ExperimentStatus.CANCELLED, failure, experiments)
    if record.status is not ExperimentStatus.CANCELLED:
        raise TransitionRefused(f"{experiment_id} has ended as {record.status}")
    executions.stop(experiment_id, error=ERROR, cause=CAUSE)
    return end_runs(record, f"its experiment {experiment_id} was cancelled", experiments, runs)


def close_experiment(
    experiment_id: str, status: ExperimentStatus, failure: ExperimentFailure, experiments: Experiments
) -> ExperimentRecord:
    """Sets a final status unless the experiment has one; active arms are marked cancelled."""

    def closed(last: ExperimentRecord) -> ExperimentRecord:
        if last.status.ended:
            return last
        arms = tuple(
            arm if arm.status in ARM_ENDED else arm.model_copy(update={"status": "cancelled", "reason": failure.cause})
            for arm in last.arms
        )
        return last.model_copy(update={"status": status, "failure": failure, "arms": arms})

    return experiments.change(experiment_id, closed)


def end_runs(record: ExperimentRecord, cause: str, experiments: Experiments, runs: RunPorts) -> ExperimentRecord:
    """Ends all active runs of an ended experiment with their executions, jobs and deployments."""
    for run_id in record.run_ids:
        end_run(run_id, cause, runs)
    # Settled only now: until then the sweep repeats this.
    return experiments.change(record.experiment_id, lambda last: last.model_copy(update={"settled": True}))


def end_run(run_id: str, cause: str, runs: RunPorts) -> RunRecord | None:
    """Cancels a run, if it exists; a retry completes a partial failure. A trained model is kept."""
    try:
        run = runs.ledger.get(run_id)
    except RunNotFound:
        return None
    run = finish_run(run, RunStatus.CANCELLED, error="StoppedByExperiment", cause=cause, ledger=runs.ledger)
    runs.executions.stop(run_id, error="StoppedByExperiment", cause=cause)
    if run.status is RunStatus.CANCELLED:
        stop_run_job(run, runs.jobs)
    release_deployments(run, runs.deployments, runs.records)
    notify_finished(run, runs.ledger, runs.notifier)
    return run
