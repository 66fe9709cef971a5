"""A job's time limits, and the meaning of its status for the run. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from rft.contracts.breaker import Finding
from rft.contracts.job import Job, JobLimits, JobStatus
from rft.contracts.ledger import JobSummary
from rft.contracts.steps import TrainingCheck

STOP_GRACE_HOURS = 2.0
"""Grace period past a limit: stopping takes minutes, and a job stuck in Stopping must not block a run."""

VISIBLE_WITHIN_MINUTES = 15.0
"""Bedrock's reads are eventually consistent: a new job may be invisible for a while, but not longer than this."""


CLOSE_WATCH_HOURS = 72.0
"""Hours in which a job is polled at least every six minutes.

Later, half an hour of waste is a small part of the total cost, and Step Functions' history of 25,000 events does not
allow six-minute polls for 240 hours.
"""


NOT_STARTED_WATCH_HOURS = 6.0
"""Hours in which a job that has not started training is polled at that rate."""


@dataclass(frozen=True)
class JobTime:
    """Hours since the job's creation, and the hours at the last poll before training started."""

    hours: float
    not_started: float = 0.0

    @property
    def training(self) -> float:
        return self.hours - self.not_started


class TrainingEnd(StrEnum):
    """Error names of a run whose job produced no model."""

    FAILED = "TrainingJobFailed"
    STOPPED = "TrainingJobStopped"
    TIMED_OUT = "TrainingTimedOut"
    NOT_STARTED = "TrainingNotStarted"
    BREAKER_TRIPPED = "TrainingBreakerTripped"
    MODEL_MISSING = "TrainedModelMissing"


def hours_of(job: Job, now: datetime) -> float:
    """Hours from the job's creation to its end or to now; never negative, even with clock skew."""
    return max(0.0, ((job.ended_at or now) - job.created_at).total_seconds() / 3600)


def time_of(job: Job, now: datetime, before: JobSummary | None) -> JobTime:
    """The job's hours; `before`: the job at the last poll."""
    hours = hours_of(job, now)
    if not job.phases.training_started:
        return JobTime(hours, hours)
    return JobTime(hours, before.not_started_hours if before else 0.0)


def must_stop(job: Job, *, time: JobTime, limits: JobLimits) -> bool:
    return job.status is JobStatus.IN_PROGRESS and _limit(time, limits)[2] > 0


def close_watch(time: JobTime) -> bool:
    """Whether the job is polled at least every six minutes."""
    return 0 < time.training < CLOSE_WATCH_HOURS or time.hours < NOT_STARTED_WATCH_HOURS


def job_summary(job: Job, *, time: JobTime, checks: int) -> JobSummary:
    return JobSummary(
        arn=job.arn,
        status=job.status,
        phases=job.phases,
        hours=time.hours,
        not_started_hours=time.not_started,
        checks=checks,
    )


def training_check(job: Job, *, time: JobTime, limits: JobLimits, breaker: Finding | None = None) -> TrainingCheck:
    """The run's outcome from a job snapshot; `breaker`: the finding that stopped it, if any.

    A Stopped job was stopped by this run if the breaker tripped or a limit was exceeded, otherwise by someone else. A
    job that completed before it could be stopped counts as completed.
    """
    end, cause = _end(job, time, limits, breaker)
    return TrainingCheck(
        outcome=_outcome(job, end),
        job_status=job.status,
        phase=job.phases.current,
        hours=round(time.hours, 3),
        close_watch=close_watch(time),
        error=end or "",
        cause=cause,
    )


def _outcome(job: Job, end: TrainingEnd | None) -> Literal["COMPLETED", "FAILED"] | None:
    if end is not None:
        return "FAILED"
    return "COMPLETED" if job.status is JobStatus.COMPLETED else None


def _end(job: Job, time: JobTime, limits: JobLimits, breaker: Finding | None) -> tuple[TrainingEnd | None, str]:
    """How the job ended without a model, and why; (None, '') if it is active or completed."""
    match job.status:
        case JobStatus.COMPLETED if job.model_arn is None:
            return TrainingEnd.MODEL_MISSING, f"{job.name} is Completed, but Bedrock names no model."
        case JobStatus.FAILED:
            return TrainingEnd.FAILED, job.failure_message or f"{job.name} failed; Bedrock reported no message."
        case JobStatus.STOPPED:
            return _stopped(job, time, limits, breaker)
        case JobStatus.IN_PROGRESS | JobStatus.STOPPING:
            return _still_there(job, time, limits, breaker)
    return None, ""


def _limit(time: JobTime, limits: JobLimits) -> tuple[TrainingEnd, str, float]:
    """The error of a job at its limit, the limit in words, and the hours beyond it."""
    if time.not_started > limits.not_started:
        reason = f"max_not_started_hours of {limits.not_started:g}"
        return TrainingEnd.NOT_STARTED, reason, time.hours - limits.not_started
    return TrainingEnd.TIMED_OUT, f"max_training_hours of {limits.training:g}", time.training - limits.training


def _stopped(job: Job, time: JobTime, limits: JobLimits, breaker: Finding | None) -> tuple[TrainingEnd, str]:
    end, limit, past = _limit(time, limits)
    if breaker is not None:
        return TrainingEnd.BREAKER_TRIPPED, f"{job.name} was stopped by its breaker: {_reason(breaker)}."
    if past > 0:
        return end, f"{job.name} was stopped: {limit} was over."
    return TrainingEnd.STOPPED, f"{job.name} was stopped from outside after {time.hours:.2f} hours."


def _still_there(job: Job, time: JobTime, limits: JobLimits, breaker: Finding | None) -> tuple[TrainingEnd | None, str]:
    """Fails a run whose job is stuck in Stopping."""
    end, why, waited = _limit(time, limits)
    if breaker is not None:
        waited = time.hours - (breaker.at - job.created_at).total_seconds() / 3600
        end, why = TrainingEnd.BREAKER_TRIPPED, f"its breaker tripped ({_reason(breaker)})"
    if waited <= STOP_GRACE_HOURS:
        return None, ""
    return end, (
        f"{job.name} is still {job.status} {waited:.1f} hours after {why}; "
        "check it in the Bedrock console: it may still incur cost."
    )


def _reason(breaker: Finding) -> str:
    return f"{breaker.signal}, at step {breaker.step}: {breaker.message}"
