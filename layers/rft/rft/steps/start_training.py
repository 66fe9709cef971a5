"""start_training: one Bedrock job for the run, however often this step is run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rft.contracts.job import Job, JobStatus, Phases
from rft.contracts.ledger import RunStatus
from rft.contracts.run_request import RunRequest
from rft.contracts.steps import PreparedDataset, StartedJob
from rft.errors import JobNotFound, JobRequestInvalid, TransitionRefused
from rft.observability import logger
from rft.ports.runs import Ledger
from rft.ports.storage import Clock
from rft.ports.training import TrainingJobs
from rft.training.deadline import hours_of, job_summary
from rft.training.job_request import job_request
from rft.training.stop_job import stop_job_if_present, stop_known_job


def start_training(
    *,
    run_id: str,
    request: RunRequest,
    dataset: PreparedDataset,
    grader_arn: str,
    role_arn: str,
    output_uri: str,
    kms_key_arn: str,
    jobs: TrainingJobs,
    ledger: Ledger,
    clock: Clock,
) -> StartedJob:
    """Start the job and record it; a repeat finds the job that is there.

    Raises JobRequestInvalid, TransitionRefused (the run has ended: no job is left behind), RunNotFound and the
    Retryable… errors.
    """
    _enter(run_id, jobs, ledger)
    request_body = job_request(
        run_id=run_id,
        request=request,
        dataset=dataset,
        grader_arn=grader_arn,
        role_arn=role_arn,
        output_uri=output_uri,
        kms_key_arn=kms_key_arn,
    )
    job = _job(request_body, jobs, clock)
    _record(run_id, job, jobs, ledger, clock)
    logger().info("training job is there", job_arn=job.arn)
    return StartedJob(job_arn=job.arn, created_at=job.created_at)


def _enter(run_id: str, jobs: TrainingJobs, ledger: Ledger) -> None:
    """STARTING, unless an earlier try has got as far as TRAINING."""
    if ledger.get(run_id).status is RunStatus.TRAINING:
        return
    try:
        ledger.transition(run_id, RunStatus.STARTING)
    except TransitionRefused:
        stop_job_if_present(run_id, jobs)  # an earlier try may have made a job before the run ended
        raise


def _job(request_body: Mapping[str, Any], jobs: TrainingJobs, clock: Clock) -> Job:
    problems = jobs.problems(request_body)
    if problems:
        raise JobRequestInvalid("the training request does not fit Bedrock's model: " + "; ".join(problems))
    arn = jobs.create(request_body)
    try:
        return jobs.get(arn)
    except JobNotFound:  # reads lag behind writes; the job is there
        return Job(
            arn=arn,
            name=request_body["jobName"],
            status=JobStatus.IN_PROGRESS,
            phases=Phases(),
            created_at=clock.now(),
        )


def _record(run_id: str, job: Job, jobs: TrainingJobs, ledger: Ledger, clock: Clock) -> None:
    seen = job_summary(job, hours=hours_of(job, clock.now()), checks=0)
    try:
        ledger.transition(run_id, RunStatus.TRAINING, detail=job.arn, changes={"job": seen})
    except TransitionRefused:
        stop_known_job(job.arn, jobs)  # the run was ended while the job was being made
        raise
