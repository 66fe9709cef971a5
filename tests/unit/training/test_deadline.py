from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rft.contracts.job import Job, JobLimits, JobStatus, Phases, PhaseStatus
from rft.training.deadline import STOP_GRACE_HOURS, JobTime, TrainingEnd, hours_of, must_stop, training_check

CREATED = datetime(2026, 11, 20, 12, tzinfo=UTC)
J = JobStatus
LIMITS = JobLimits(not_started=96, training=24)


def job(status: JobStatus, **parts: Any) -> Job:
    return Job(arn="arn:j", name="demo", status=status, phases=Phases(), created_at=CREATED, **parts)


def test_hours_run_to_the_jobs_end_or_to_now() -> None:
    now = CREATED + timedelta(hours=5)
    assert hours_of(job(J.IN_PROGRESS), now) == 5
    assert hours_of(job(J.STOPPED, ended_at=CREATED + timedelta(hours=2)), now) == 2
    assert hours_of(job(J.IN_PROGRESS), CREATED - timedelta(seconds=3)) == 0


@pytest.mark.parametrize(
    ("status", "hours", "stop"),
    [(J.IN_PROGRESS, 24, False), (J.IN_PROGRESS, 24.1, True), (J.STOPPING, 30, False), (J.COMPLETED, 30, False)],
)
def test_a_job_is_stopped_past_its_limit_only_while_running(status: JobStatus, hours: float, stop: bool) -> None:
    assert must_stop(job(status), time=JobTime(hours), limits=LIMITS) is stop


@pytest.mark.parametrize("status", [J.IN_PROGRESS, J.STOPPING])
@pytest.mark.parametrize("hours", [0.0, 24.0, 24 + STOP_GRACE_HOURS])
def test_a_running_job_is_awaited(status: JobStatus, hours: float) -> None:
    check = training_check(job(status), time=JobTime(hours), limits=LIMITS)
    assert (check.outcome, check.error, check.cause) == (None, "", "")


@pytest.mark.parametrize("status", [J.IN_PROGRESS, J.STOPPING])
def test_a_job_that_does_not_stop_is_not_awaited_forever(status: JobStatus) -> None:
    check = training_check(job(status), time=JobTime(26.1), limits=LIMITS)
    assert (check.outcome, check.error) == ("FAILED", TrainingEnd.TIMED_OUT)
    assert status in check.cause


def test_a_completed_job_completes_the_run_even_past_the_limit() -> None:
    check = training_check(job(J.COMPLETED, model_arn="arn:m"), time=JobTime(30), limits=LIMITS)
    assert (check.outcome, check.error) == ("COMPLETED", "")


def test_a_completed_job_without_a_model_is_a_failure() -> None:
    check = training_check(job(J.COMPLETED), time=JobTime(3), limits=LIMITS)
    assert (check.outcome, check.error) == ("FAILED", "TrainedModelMissing")


@pytest.mark.parametrize(
    ("message", "cause"), [("no rows", "no rows"), (None, "demo failed; Bedrock reported no message.")]
)
def test_a_failed_job_gives_bedrocks_message(message: str | None, cause: str) -> None:
    check = training_check(job(J.FAILED, failure_message=message), time=JobTime(3), limits=LIMITS)
    assert (check.outcome, check.error, check.cause) == ("FAILED", "TrainingJobFailed", cause)


@pytest.mark.parametrize(("hours", "error"), [(3, "TrainingJobStopped"), (24.2, "TrainingTimedOut")])
def test_a_job_stopped_past_the_limit_was_stopped_by_the_run(hours: float, error: str) -> None:
    check = training_check(job(J.STOPPED), time=JobTime(hours), limits=LIMITS)
    assert (check.outcome, check.error) == ("FAILED", error)


def test_the_phase_is_the_last_one_begun() -> None:
    phases = Phases(validation=PhaseStatus.COMPLETED, data_processing=PhaseStatus.NOT_STARTED)
    check = training_check(job(J.IN_PROGRESS).model_copy(update={"phases": phases}), time=JobTime(1), limits=LIMITS)
    assert (check.job_status, check.phase) == ("InProgress", "validation")
