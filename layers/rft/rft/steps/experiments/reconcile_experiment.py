"""reconcile_experiment: ends the experiment of an execution that has ended, and its runs."""

from __future__ import annotations

from rft.contracts.experiments.record import ExperimentFailure, ExperimentRecord, ExperimentStatus
from rft.errors import ExperimentNotFound
from rft.observability import logger
from rft.ports.experiments import Experiments, RunPorts
from rft.runs.causes import readable_cause
from rft.steps.api.cancel_experiment import close_experiment, end_runs


def reconcile_experiment(
    *, experiment_id: str, status: str, error: str, cause: str, experiments: Experiments, runs: RunPorts
) -> ExperimentRecord | None:
    """Close what an execution left open when it ended other than by its own last step; a repeat does what is missing.

    None for an execution that is no experiment of the ledger's. Raises the Retryable… errors.
    """
    stopped = status == "ABORTED"
    reason = readable_cause(error, cause) or f"the execution is {status}"
    failure = ExperimentFailure(error="ExecutionAborted" if stopped else error or "ExecutionFailed", cause=reason)
    to = ExperimentStatus.CANCELLED if stopped else ExperimentStatus.FAILED
    try:
        record = close_experiment(experiment_id, to, failure, experiments)
    except ExperimentNotFound:
        logger().warning("an execution without an experiment has ended", status=status)
        return None
    if record.status is not ExperimentStatus.COMPLETED:
        end_runs(record, f"its experiment has ended as {record.status}", runs)
    return record
