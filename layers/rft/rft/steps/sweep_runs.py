"""sweep_runs: detects changes whose events were lost; EventBridge delivers these events on a best-effort basis."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial

from rft.contracts.deployments import DeploymentChange, DeploymentRecord
from rft.contracts.ledger import RunRecord, RunStatus
from rft.errors import RetryableServiceError, RftError, RunNotFound
from rft.evaluation.deployment import leftovers
from rft.evaluation.promotion import request_change, settle_promotion, settled_change
from rft.observability import emit_metrics, logger
from rft.ports.experiments import Experiments, RunPorts
from rft.ports.models import DeploymentRecords, ModelDeployments
from rft.ports.reports import ReportSources
from rft.ports.runs import Execution, Executions, Ledger, RunHistory
from rft.ports.storage import Clock, Notifier
from rft.ports.training import TrainingJobs
from rft.runs.status import TERMINAL
from rft.steps.experiments.reconcile_experiment import missed_end, reconcile_experiment
from rft.steps.reconcile_run import reconcile_run, write_missing_report
from rft.training.stop_job import stop_job_if_present

MIN_IDLE = timedelta(minutes=15)
"""DescribeExecution is eventually consistent: only a run unchanged for this long counts as without execution."""


def sweep_runs(
    *,
    stack_name: str,
    ledger: Ledger,
    history: RunHistory,
    executions: Executions,
    jobs: TrainingJobs,
    deployments: ModelDeployments,
    records: DeploymentRecords,
    notifier: Notifier,
    clock: Clock,
    experiments: Experiments,
    experiment_executions: Executions,
    reports: ReportSources | None = None,
) -> list[str]:
    """Stops jobs and deletes deployments of ended runs; closes active runs and experiments whose execution has ended.

    Returns their ids, and the names of deployments whose change it completed or undid. Only deployments that
    this stack created for an evaluation are deleted. Reports of closed runs are written last.

    Failures do not block others; RetryableServiceError names them at the end.
    """
    sweep = _Sweep()
    runs = RunPorts(ledger, executions, jobs, deployments, records, notifier)
    _stop_jobs(sweep, stack_name, jobs, ledger)  # first, because jobs are few and cost the most
    _close_runs(sweep, history, runs, clock)
    closed = tuple(sweep.closed)
    _close_experiments(sweep, experiments, experiment_executions, runs, clock)
    _sweep_deployments(sweep, stack_name, deployments, records, ledger)
    if reports is not None:
        _write_reports(sweep, closed, reports, ledger)
    if sweep.failed:
        raise RetryableServiceError(f"could not be swept: {', '.join(sweep.failed)}")
    return sweep.closed


class _Sweep:
    def __init__(self) -> None:
        self.closed: list[str] = []
        self.failed: list[str] = []

    @contextmanager
    def of(self, name: str) -> Iterator[None]:
        try:
            yield
        except RftError:
            logger().exception("could not be swept", run_id=name)
            self.failed.append(name)


def _stop_jobs(sweep: _Sweep, stack_name: str, jobs: TrainingJobs, ledger: Ledger) -> None:
    for name in jobs.active():
        with sweep.of(name):
            if _has_ended(name, ledger):
                stop_job_if_present(name, jobs)
                sweep.closed.append(name)
                emit_metrics(figures={"JobsWithoutRun": 1.0}, stack=stack_name)


def _close_experiments(
    sweep: _Sweep, experiments: Experiments, executions: Executions, runs: RunPorts, clock: Clock
) -> None:
    """Closes experiments with their runs; experiments have no report file."""
    for record in list(experiments.unsettled()):
        with sweep.of(record.experiment_id):
            ended = missed_end(record, executions, clock)
            if ended is None:
                continue
            end = {"status": ended.status, "error": ended.error, "cause": ended.cause}
            reconcile_experiment(experiment_id=record.experiment_id, **end, experiments=experiments, runs=runs)
            sweep.closed.append(record.experiment_id)


def _close_runs(sweep: _Sweep, history: RunHistory, runs: RunPorts, clock: Clock) -> None:
    close = partial(
        reconcile_run, ledger=runs.ledger, jobs=runs.jobs, deployments=runs.deployments, records=runs.records,
        notifier=runs.notifier,
    )  # fmt: skip
    for record in list(_open_runs(history)):
        with sweep.of(record.run_id):
            execution = _ended(record, runs.executions, clock)
            if execution is not None:
                close(run_id=record.run_id, status=execution.status, error=execution.error, cause=execution.cause)
                sweep.closed.append(record.run_id)


def _write_reports(sweep: _Sweep, run_ids: tuple[str, ...], reports: ReportSources, ledger: Ledger) -> None:
    for run_id in run_ids:
        with sweep.of(run_id):
            write_missing_report(ledger.get(run_id), reports)


def _sweep_deployments(
    sweep: _Sweep, stack_name: str, deployments: ModelDeployments, records: DeploymentRecords, ledger: Ledger
) -> None:
    """Deletes evaluation deployments of ended runs, and completes or undoes changes whose run has ended."""
    for run_id, deployment in leftovers(stack_name, deployments):
        with sweep.of(run_id):
            if _has_ended(run_id, ledger):
                deployments.delete(deployment.arn)
                sweep.closed.append(run_id)
    for record in records.all():
        change = record.open_change
        with sweep.of(record.name):
            if change is not None and _ended_change(record, change, deployments, records, ledger):
                sweep.closed.append(record.name)


def _ended_change(
    record: DeploymentRecord,
    change: DeploymentChange,
    deployments: ModelDeployments,
    records: DeploymentRecords,
    ledger: Ledger,
) -> bool:
    """False for a promotion whose run is active, and for an active rollback or deletion."""
    if change.action == "promotion":
        run = ledger.get(str(change.run_id))
        if run.status in TERMINAL:
            settle_promotion(record, run.promotion.status if run.promotion else "failed", deployments, records)
        return run.status in TERMINAL
    live = deployments.find(record.name)
    settled = settled_change(record, live)
    if settled != record:
        records.put(settled)
    elif live is not None and change.action == "deletion":
        deployments.delete(record.name)
    elif live is not None:
        request_change(record.name, change, live, "", deployments)
    return settled != record


def _open_runs(history: RunHistory) -> Iterator[RunRecord]:
    """Active runs, read from the status index; there are few of them."""
    for status in (status for status in RunStatus if status not in TERMINAL):
        cursor: str | None = None
        while True:
            page = history.page(status=status, limit=100, cursor=cursor)
            yield from page.records
            cursor = page.cursor
            if cursor is None:
                break


def _ended(record: RunRecord, executions: Executions, clock: Clock) -> Execution | None:
    """How the run's execution ended; None while it is running, and for a run without one."""
    found = executions.find(record.run_id)
    if found is not None:
        return found if found.ended else None
    if record.status is RunStatus.PENDING or clock.now() - record.updated_at < MIN_IDLE:
        return None
    return Execution(status="gone")


def _has_ended(run_id: str, ledger: Ledger) -> bool:
    """False also for a job that belongs to no run of this stack."""
    try:
        return ledger.get(run_id).status in TERMINAL
    except RunNotFound:
        return False
