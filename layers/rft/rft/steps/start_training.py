"""start_training: starts one Bedrock job for the run when it is the run's turn. Idempotent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rft.contracts.job import Job, JobResources, JobStatus, Phases
from rft.contracts.ledger import QueuePlace, RunRecord, RunStatus
from rft.contracts.run_request import RunRequest
from rft.contracts.steps import PreparedDataset, StartedJob
from rft.errors import JobNotFound, JobRequestInvalid, QueueTimedOut, RetryableQuota, TransitionRefused
from rft.observability import logger
from rft.ports.runs import JobQueue, Ledger
from rft.ports.storage import Clock
from rft.ports.training import TrainingJobs
from rft.training.deadline import job_summary, time_of
from rft.training.job_request import job_request
from rft.training.queue import overdue, queue_place, wait_seconds, why_waiting
from rft.training.stop_job import stop_job_if_present, stop_known_job


def start_training(
    *,
    run_id: str,
    request: RunRequest,
    dataset: PreparedDataset,
    grader_arn: str,
    resources: JobResources,
    jobs: TrainingJobs,
    ledger: Ledger,
    queue: JobQueue,
    clock: Clock,
) -> StartedJob:
    """Starts and records the job; a repeat finds the existing one. No job: it is not the run's turn yet.

    Raises JobRequestInvalid, QueueTimedOut, TransitionRefused (the run has ended: no job is left behind), RunNotFound
    and the Retryable… errors.
    """
    record = _enter(run_id, jobs, ledger, clock)
    ahead = queue.ahead(run_id, record.queue.since) if record.queue and record.status is RunStatus.STARTING else 0
    if ahead:
        return _wait(record, why_waiting(ahead, ""), ledger, clock)
    request_body = job_request(
        run_id=run_id,
        request=request,
        dataset=dataset,
        grader_arn=grader_arn,
        resources=resources,
        base_model_arn=_previous_model(request, ledger),
    )
    try:
        job = _job(request_body, jobs, clock)
    except RetryableQuota as full:
        return _wait(record, why_waiting(0, str(full)), ledger, clock)
    _record(run_id, job, jobs, ledger, clock)
    logger().info("training job is there", job_arn=job.arn)
    return StartedJob(job_arn=job.arn, created_at=job.created_at)


def _previous_model(request: RunRequest, ledger: Ledger) -> str:
    """The previous round's model if the request continues training it; '' for the foundation model."""
    if request.from_run is None or request.from_run.base_model == "foundation":
        return ""
    return ledger.get(request.from_run.run_id).model_arn or ""


def _enter(run_id: str, jobs: TrainingJobs, ledger: Ledger, clock: Clock) -> RunRecord:
    """Sets STARTING with a place in the queue, unless an earlier attempt has reached TRAINING."""
    record = ledger.get(run_id)
    if record.status is RunStatus.TRAINING:
        return record
    now = clock.now()

    def place(last: RunRecord) -> Mapping[str, QueuePlace]:
        """The run's existing place, whichever attempt wrote it, or a new one."""
        return {"queue": queue_place(last, now)}

    try:
        return ledger.transition(run_id, RunStatus.STARTING, changes=place)
    except TransitionRefused:
        stop_job_if_present(run_id, jobs)  # an earlier attempt may have created a job before the run ended
        raise


def _wait(record: RunRecord, reason: str, ledger: Ledger, clock: Clock) -> StartedJob:
    """Records that the run waits. Raises QueueTimedOut, or RetryableQuota for a run that predates the queue."""
    place, now = record.queue, clock.now()
    if place is None:
        raise RetryableQuota(reason)
    if overdue(place, now):
        hours = (now - place.since).total_seconds() / 3600
        raise QueueTimedOut(f"no job could be started in {hours:.1f} hours: {reason}")
    if not place.waiting:
        ledger.update(record.run_id, {"queue": place.model_copy(update={"waiting": True})})
    logger().info("the run waits for the quota of jobs", reason=reason)
    return StartedJob(job_arn=None, wait_seconds=wait_seconds(place, now))


def _job(request_body: Mapping[str, Any], jobs: TrainingJobs, clock: Clock) -> Job:
    problems = jobs.problems(request_body)
    if problems:
        raise JobRequestInvalid("the training request does not fit Bedrock's model: " + "; ".join(problems))
    arn = jobs.create(request_body)
    try:
        return jobs.get(arn)
    except JobNotFound:  # reads lag behind writes; the job exists
        return Job(
            arn=arn,
            name=request_body["jobName"],
            status=JobStatus.IN_PROGRESS,
            phases=Phases(),
            created_at=clock.now(),
        )


def _record(run_id: str, job: Job, jobs: TrainingJobs, ledger: Ledger, clock: Clock) -> None:
    seen = job_summary(job, time=time_of(job, clock.now(), None), checks=0)
    try:
        ledger.transition(run_id, RunStatus.TRAINING, detail=job.arn, changes={"job": seen})
    except TransitionRefused:
        stop_known_job(job.arn, jobs)  # the run ended while the job was being created
        raise
