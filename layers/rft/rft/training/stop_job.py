"""Stops the job of a run, where there may be one and where there must be one. Takes ports."""

from __future__ import annotations

from rft.errors import JobNotFound, RetryableServiceError
from rft.observability import logger
from rft.ports.training import TrainingJobs


def stop_job_if_present(name_or_arn: str, jobs: TrainingJobs) -> None:
    try:
        jobs.stop(name_or_arn)
    except JobNotFound:
        logger().info("no job to stop", job=name_or_arn)


def stop_known_job(arn: str, jobs: TrainingJobs) -> None:
    """Stop a job that must be there. Raises RetryableServiceError while it cannot be seen: it is never forgotten."""
    try:
        jobs.stop(arn)
    except JobNotFound as unseen:
        raise RetryableServiceError(f"{arn} must be stopped but cannot be seen yet") from unseen
