"""reconcile_experiment: closes an experiment, and its runs, after its execution has ended."""

from __future__ import annotations

from datetime import timedelta

from rft.contracts.experiments.record import ExperimentFailure, ExperimentRecord, ExperimentStatus
from rft.errors import ExperimentNotFound
from rft.observability import logger
from rft.ports.experiments import Experiments, RunPorts
from rft.ports.runs import Execution, Executions
from rft.ports.storage import Clock
from rft.runs.causes import readable_cause
from rft.steps.api.cancel_experiment import close_experiment, end_runs

MIN_IDLE = timedelta(minutes=15)
"""DescribeExecution is eventually consistent: an experiment counts as without execution only after this idle time."""


def reconcile_experiment(
    *, experiment_id: str, status: str, error: str, cause: str, experiments: Experiments, runs: RunPorts
) -> ExperimentRecord | None:
    """Closes the record if the execution ended other than by its last step; a retry completes a partial failure.

    Returns None if the execution belongs to no experiment. Raises the Retryable… errors.
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
    if record.status is ExperimentStatus.COMPLETED:
        return record
    return end_runs(record, f"its experiment has ended as {record.status}", experiments, runs)


def missed_end(record: ExperimentRecord, executions: Executions, clock: Clock) -> Execution | None:
    """How an unsettled experiment's execution ended; None while it runs or is not started yet.

    An ended experiment may still have active runs if the process that ended it did not complete.
    """
    if record.status.ended:
        return Execution(status=record.status)
    found = executions.find(record.experiment_id)
    if found is not None:
        return found if found.ended else None
    started = record.status is not ExperimentStatus.PENDING
    return Execution(status="gone") if started and clock.now() - record.updated_at > MIN_IDLE else None
