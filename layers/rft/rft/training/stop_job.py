"""Stops a run's job, which may or must exist. Takes ports."""

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
    """Stops a job that is known to exist. Raises RetryableServiceError while it is not visible."""
    try:
        jobs.stop(arn)
    except JobNotFound as unseen:
        raise RetryableServiceError(f"{arn} must be stopped but cannot be seen yet") from unseen
