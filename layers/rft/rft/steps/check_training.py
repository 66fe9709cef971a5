"""check_training: polls the job once, records its state and metrics, and stops a job that exceeds its limits."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from rft.contracts.breaker import Finding
from rft.contracts.job import Job, JobLimits, JobStatus
from rft.contracts.ledger import RunRecord, RunStatus
from rft.contracts.steps import TrainingCheck
from rft.errors import JobNotFound, RetryableServiceError
from rft.forecast.remaining import limited_breaker
from rft.observability import logger
from rft.ports.runs import Ledger, RunHistory
from rft.ports.storage import Clock
from rft.ports.training import RolloutReader, TrainingJobs
from rft.training.breaker import breaker_findings, tripped
from rft.training.collect_metrics import collect_metrics
from rft.training.deadline import (
    VISIBLE_WITHIN_MINUTES,
    JobTime,
    job_summary,
    must_stop,
    time_of,
    training_check,
)
from rft.training.metrics import Course, ended, last_reward

ENDED = frozenset({JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.STOPPED})


def check_training(
    *,
    run_id: str,
    job_arn: str,
    limits: JobLimits,
    jobs: TrainingJobs,
    ledger: Ledger,
    history: RunHistory,
    rollouts: RolloutReader,
    clock: Clock,
) -> TrainingCheck:
    """Returns the job's state and the resulting state of the run.

    A job past one of its `limits`, or whose breaker has tripped, is stopped and awaited. Raises JobNotFound for a
    missing job, TransitionRefused for a run that has ended, RunNotFound and the Retryable… errors.
    """
    now = clock.now()
    job = _poll(run_id, job_arn, jobs, history, now)
    record = ledger.get(run_id)
    time = time_of(job, now, record.job)
    overdue = must_stop(job, time=time, limits=limits)
    if overdue:
        logger().warning("the job's time is up: stopping it", hours=time.hours, not_started_hours=time.not_started)
        jobs.stop(job_arn)
    course = _course(record, job, rollouts, now)
    found = (*record.breaker, *_new_findings(record, course, job, now))
    # Findings are recorded before the job is stopped, so that the next poll finds the reason.
    _record(record, job, time, course, found, ledger=ledger)
    breaker = tripped(found)
    if breaker is not None and job.status is JobStatus.IN_PROGRESS and not overdue:
        logger().warning("the breaker has tripped: stopping the job", signal=breaker.signal, cause=breaker.message)
        jobs.stop(job_arn)
    check = training_check(job, time=time, limits=limits, breaker=breaker)
    steps = course.metrics.steps if course else None
    logger().info("job checked", job_status=check.job_status, phase=check.phase, hours=check.hours, steps=steps)
    return check


def _course(record: RunRecord, job: Job, rollouts: RolloutReader, now: datetime) -> Course | None:
    course = collect_metrics(record, rollouts, now=now)
    return ended(course) if course is not None and job.status in ENDED else course


def _new_findings(record: RunRecord, course: Course | None, job: Job, now: datetime) -> tuple[Finding, ...]:
    if course is None:
        return ()
    in_progress = job.status is JobStatus.IN_PROGRESS
    found = breaker_findings(course.metrics, limited_breaker(record), record.breaker, at=now, may_stop=in_progress)
    for finding in found:
        logger().warning(
            "the breaker found something", signal=finding.signal, action=finding.action, cause=finding.message
        )
    return found


def _poll(run_id: str, job_arn: str, jobs: TrainingJobs, history: RunHistory, now: datetime) -> Job:
    try:
        return jobs.get(job_arn)
    except JobNotFound as unseen:
        started = max((e.at for e in history.events(run_id) if e.after is RunStatus.TRAINING), default=now)
        if now - started > timedelta(minutes=VISIBLE_WITHIN_MINUTES):
            raise
        raise RetryableServiceError(f"{job_arn} cannot be seen yet") from unseen


def _record(
    record: RunRecord, job: Job, time: JobTime, course: Course | None, found: tuple[Finding, ...], *, ledger: Ledger
) -> None:
    checks = record.job.checks + 1 if record.job else 1
    changes: dict[str, Any] = {"job": job_summary(job, time=time, checks=checks), "breaker": found}
    if course is not None:
        changes |= {"metrics": course.metrics, "reading": course.reading, "reward": last_reward(course.metrics)}
    if job.model_arn is not None:
        changes["model_arn"] = job.model_arn
    ledger.update(record.run_id, changes)
