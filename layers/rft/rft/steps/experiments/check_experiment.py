"""check_experiment: polls an experiment's runs, and stops arms by its budget or stop rule."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial

from rft.contracts.experiments.record import ARM_ENDED, ArmStop, ExperimentRecord
from rft.contracts.experiments.steps import ExperimentCheck
from rft.contracts.ledger import RunRecord, RunStatus
from rft.errors import RunNotFound
from rft.experiments.progress import all_ended, observed, stop_decided, stop_done, stops
from rft.observability import logger
from rft.ports.experiments import Experiments, RunPorts
from rft.ports.runs import Ledger
from rft.ports.storage import Clock
from rft.steps.api.cancel_experiment import end_run

MIN_IDLE = timedelta(minutes=15)
"""DescribeExecution is eventually consistent: a run counts as never started only after this time."""


def check_experiment(*, experiment_id: str, experiments: Experiments, runs: RunPorts, clock: Clock) -> ExperimentCheck:
    """Updates the experiment from its runs. Raises ExperimentNotFound and the Retryable… errors."""
    record = refreshed(experiment_id, experiments=experiments, ledger=runs.ledger, clock=clock)
    for name, stop in {**dict(_never_started(record, runs, clock)), **stops(record)}.items():
        logger().warning("arm is stopped", arm=name, reason=stop.reason)
        # A stop is recorded before it is requested, and retried until it is done.
        record = experiments.change(experiment_id, partial(stop_decided, name, stop))
        run = end_run(next(arm.run_id for arm in record.arms if arm.name == name), stop.reason, runs)
        record = experiments.change(experiment_id, partial(stop_done, name, run))
    running = sum(arm.status == "running" for arm in record.arms)
    logger().info("experiment checked", running=running, spent=record.spent.model_dump())
    return ExperimentCheck(ended=record.status.ended or all_ended(record), running=running)


def _never_started(record: ExperimentRecord, runs: RunPorts, clock: Clock) -> Iterator[tuple[str, ArmStop]]:
    """Arms that StartArm failed to add, or whose execution Step Functions rejected; no other step ends them."""
    quiet = clock.now() - record.updated_at > MIN_IDLE
    any_runs = any(arm.status == "running" and arm.run_status is not None for arm in record.arms)
    for arm in record.arms:
        if arm.status in ARM_ENDED:
            continue
        # Only if no other arm is running, because a pending arm may wait long for its turn.
        if arm.run_status is None and quiet and not any_runs:
            yield arm.name, ArmStop(status="failed", reason="its run could not be started")
        elif arm.run_status is RunStatus.PENDING:
            idle = clock.now() - runs.ledger.get(arm.run_id).updated_at
            if idle > MIN_IDLE and runs.executions.find(arm.run_id) is None:
                yield arm.name, ArmStop(status="failed", reason="its execution could not be started")


def refreshed(experiment_id: str, *, experiments: Experiments, ledger: Ledger, clock: Clock) -> ExperimentRecord:
    """The record updated with the results of its runs; an ended experiment is returned unchanged."""
    runs = known_runs(experiments.get(experiment_id), ledger)
    now = clock.now()

    def seen(last: ExperimentRecord) -> ExperimentRecord:
        return last if last.status.ended else observed(last, runs, now)

    return experiments.change(experiment_id, seen)


def known_runs(record: ExperimentRecord, ledger: Ledger) -> dict[str, RunRecord]:
    found = {}
    for run_id in record.run_ids:
        try:
            found[run_id] = ledger.get(run_id)
        except RunNotFound:
            continue
    return found
