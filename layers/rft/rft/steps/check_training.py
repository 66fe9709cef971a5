"""check_training: look at the job once, record what is seen, stop it when its time is up."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from rft.contracts.job import Job
from rft.contracts.ledger import RunStatus
from rft.contracts.steps import TrainingCheck
from rft.errors import JobNotFound, RetryableServiceError
from rft.observability import logger
from rft.ports import Clock, Ledger, TrainingJobs
from rft.runs.deadline import VISIBLE_WITHIN_MINUTES, hours_of, must_stop, summary, training_check


def check_training(
    *,
    run_id: str,
    job_arn: str,
    max_training_hours: float,
    jobs: TrainingJobs,
    ledger: Ledger,
    clock: Clock,
) -> TrainingCheck:
    """The job now, and what it means for the run; a job past `max_training_hours` is stopped and awaited.

    Raises JobNotFound for a job that is gone, TransitionRefused for a run that has ended meanwhile, RunNotFound and
    the Retryable… errors.
    """
    now = clock.now()
    job = _look(run_id, job_arn, jobs, ledger, now)
    hours = hours_of(job, now)
    if must_stop(job, hours=hours, limit=max_training_hours):
        logger().warning("the job's time is up: stopping it", hours=hours, max_training_hours=max_training_hours)
        jobs.stop(job_arn)
    _record(run_id, job, hours, ledger)
    check = training_check(job, hours=hours, limit=max_training_hours)
    logger().info("job checked", job_status=check.job_status, phase=check.phase, hours=check.hours)
    return check


def _look(run_id: str, job_arn: str, jobs: TrainingJobs, ledger: Ledger, now: datetime) -> Job:
    try:
        return jobs.get(job_arn)
    except JobNotFound as unseen:
        started = max((e.at for e in ledger.events(run_id) if e.after is RunStatus.TRAINING), default=now)
        if now - started > timedelta(minutes=VISIBLE_WITHIN_MINUTES):
            raise
        raise RetryableServiceError(f"{job_arn} cannot be seen yet") from unseen


def _record(run_id: str, job: Job, hours: float, ledger: Ledger) -> None:
    before = ledger.get(run_id).job
    changes: dict[str, Any] = {"job": summary(job, hours=hours, checks=before.checks + 1 if before else 1)}
    if job.model_arn is not None:
        changes["model_arn"] = job.model_arn
    ledger.update(run_id, changes)
