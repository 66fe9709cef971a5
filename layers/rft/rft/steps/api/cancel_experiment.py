"""Ends an experiment because somebody wants it to end."""

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
    """The experiment, CANCELLED, with all its runs and jobs. A retry completes what is missing.

    The ledger comes first: from then on no arm is started. Raises ExperimentNotFound, TransitionRefused (it ended
    otherwise) and the Retryable… errors.
    """
    failure = ExperimentFailure(error=ERROR, cause=CAUSE, caller=caller)
    record = close_experiment(experiment_id, ExperimentStatus.CANCELLED, failure, experiments)
    if record.status is not ExperimentStatus.CANCELLED:
        raise TransitionRefused(f"{experiment_id} has ended as {record.status}")
    executions.stop(experiment_id, error=ERROR, cause=CAUSE)
    return end_runs(record, f"its experiment {experiment_id} was cancelled", experiments, runs)


def close_experiment(
    experiment_id: str, status: ExperimentStatus, failure: ExperimentFailure, experiments: Experiments
) -> ExperimentRecord:
    """The experiment with that end, unless it has one; arms that had not ended are cancelled with it."""

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
    """End every run of an ended experiment that has not ended, with its execution, job and deployment.

    The experiment is settled only then: until that, the sweep repeats it.
    """
    for run_id in record.run_ids:
        end_run(run_id, cause, runs)
    return experiments.change(record.experiment_id, lambda last: last.model_copy(update={"settled": True}))


def end_run(run_id: str, cause: str, runs: RunPorts) -> RunRecord | None:
    """Cancel one run, if there is one; a retry completes what is missing. A run with a model keeps it."""
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
