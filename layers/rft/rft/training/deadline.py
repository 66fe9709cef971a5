"""How long a job may go on, and what its status means for the run. Pure."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Literal

from rft.contracts.breaker import Finding
from rft.contracts.job import Job, JobStatus
from rft.contracts.ledger import JobSummary
from rft.contracts.steps import TrainingCheck

STOP_GRACE_HOURS = 2.0
"""How far past its limit a job is awaited: stopping takes minutes, and a job stuck in Stopping must not hold a run."""

VISIBLE_WITHIN_MINUTES = 15.0
"""Bedrock's reads are eventually consistent: a new job may be unknown to them for a while, but not for this long."""


CLOSE_WATCH_HOURS = 72.0
"""How long a job is polled every six minutes at least. Later on, what it may still waste in half an hour is little of
what it has cost, and Step Functions' history of 25,000 events would not hold six minutes for 240 hours."""


class TrainingEnd(StrEnum):
    """Error names of a run whose job did not give a model."""

    FAILED = "TrainingJobFailed"
    STOPPED = "TrainingJobStopped"
    TIMED_OUT = "TrainingTimedOut"
    BREAKER_TRIPPED = "TrainingBreakerTripped"
    MODEL_MISSING = "TrainedModelMissing"


def hours_of(job: Job, now: datetime) -> float:
    """Hours from the job's creation to its end, or to now; never negative, whatever the clocks say."""
    return max(0.0, ((job.ended_at or now) - job.created_at).total_seconds() / 3600)


def must_stop(job: Job, *, hours: float, limit: float) -> bool:
    """True for a job that is still at work past its limit."""
    return job.status is JobStatus.IN_PROGRESS and hours > limit


def job_summary(job: Job, *, hours: float, checks: int) -> JobSummary:
    """What the ledger keeps of a snapshot."""
    return JobSummary(arn=job.arn, status=job.status, phases=job.phases, hours=hours, checks=checks)


def training_check(job: Job, *, hours: float, limit: float, breaker: Finding | None = None) -> TrainingCheck:
    """What a snapshot means for the run; `breaker` is what tripped it, where something did.

    A Stopped job was stopped by us where the breaker had tripped or where it lasted longer than its limit; any other
    by someone else. One that was Completed before it could be stopped has completed.
    """
    end, cause = _end(job, hours, limit, breaker)
    return TrainingCheck(
        outcome=_outcome(job, end),
        job_status=job.status,
        phase=job.phases.current,
        hours=round(hours, 3),
        close_watch=hours < CLOSE_WATCH_HOURS,
        error=end or "",
        cause=cause,
    )


def _outcome(job: Job, end: TrainingEnd | None) -> Literal["COMPLETED", "FAILED"] | None:
    if end is not None:
        return "FAILED"
    return "COMPLETED" if job.status is JobStatus.COMPLETED else None


def _end(job: Job, hours: float, limit: float, breaker: Finding | None) -> tuple[TrainingEnd | None, str]:
    """How the job ended without a model, and why; (None, '') while it goes on and where it completed."""
    match job.status:
        case JobStatus.COMPLETED if job.model_arn is None:
            return TrainingEnd.MODEL_MISSING, f"{job.name} is Completed, but Bedrock names no model."
        case JobStatus.FAILED:
            return TrainingEnd.FAILED, job.failure_message or f"{job.name} failed; Bedrock gave no message."
        case JobStatus.STOPPED:
            return _stopped(job, hours, limit, breaker)
        case JobStatus.IN_PROGRESS | JobStatus.STOPPING:
            return _still_there(job, hours, limit, breaker)
    return None, ""


def _stopped(job: Job, hours: float, limit: float, breaker: Finding | None) -> tuple[TrainingEnd, str]:
    if breaker is not None:
        return TrainingEnd.BREAKER_TRIPPED, f"{job.name} was stopped by its breaker: {_reason(breaker)}."
    if hours > limit:
        return TrainingEnd.TIMED_OUT, f"{job.name} was stopped: max_training_hours of {limit:g} was over."
    return TrainingEnd.STOPPED, f"{job.name} was stopped from outside after {hours:.2f} hours."


def _still_there(job: Job, hours: float, limit: float, breaker: Finding | None) -> tuple[TrainingEnd | None, str]:
    """Given up when it has been stopping for too long."""
    waited, end, why = hours - limit, TrainingEnd.TIMED_OUT, f"max_training_hours of {limit:g}"
    if breaker is not None:
        waited = hours - (breaker.at - job.created_at).total_seconds() / 3600
        end, why = TrainingEnd.BREAKER_TRIPPED, f"its breaker tripped ({_reason(breaker)})"
    if waited <= STOP_GRACE_HOURS:
        return None, ""
    return end, (
        f"{job.name} is still {job.status} {waited:.1f} hours after {why}; "
        "look at it in the Bedrock console, it may go on costing."
    )


def _reason(breaker: Finding) -> str:
    return f"{breaker.signal}, at step {breaker.step}: {breaker.message}"
