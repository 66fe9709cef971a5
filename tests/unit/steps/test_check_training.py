from __future__ import annotations

from typing import Any

import pytest

from rft.contracts.dataset import Recommendation
from rft.contracts.job import JobLimits, JobStatus, Phases, PhaseStatus
from rft.contracts.ledger import RunStatus
from rft.contracts.steps import TrainingCheck
from rft.errors import JobNotFound, RetryableServiceError, RetryableThrottling, TransitionRefused
from rft.steps.check_training import check_training
from tests.kit.fakes.clock import FixedClock
from tests.kit.fakes.jobs import MemoryJobs
from tests.kit.fakes.ledger import MemoryLedger
from tests.kit.fakes.rollout_reader import MemoryRollouts
from tests.kit.records import RUN_ID, add_run
from tests.kit.rollouts import group

J = JobStatus


class FakeTraining:
    """A run in TRAINING, its job just made, and a limit of 24 hours."""

    def __init__(self, **request: Any) -> None:
        self.clock = FixedClock()
        self.ledger = MemoryLedger(self.clock)
        self.jobs = MemoryJobs(self.clock)
        self.rollouts = MemoryRollouts()
        self.arn = self.jobs.create({"jobName": RUN_ID})
        add_run(self.ledger, RunStatus.TRAINING, **request)

    def check(self) -> TrainingCheck:
        return check_training(
            run_id=RUN_ID,
            job_arn=self.arn,
            limits=JobLimits(not_started=96, training=24),
            jobs=self.jobs,
            ledger=self.ledger,
            history=self.ledger,
            rollouts=self.rollouts,
            clock=self.clock,
        )


@pytest.fixture
def training() -> FakeTraining:
    return FakeTraining()


def test_each_check_records_the_jobs_state(training: FakeTraining) -> None:
    training.clock.advance(hours=1)
    training.check()
    training.clock.advance(hours=1.5)
    phases = Phases(validation=PhaseStatus.COMPLETED, data_processing=PhaseStatus.IN_PROGRESS)
    training.jobs.move(RUN_ID, phases=phases)
    check = training.check()
    assert (check.outcome, check.job_status, check.phase, check.hours) == (None, "InProgress", "data_processing", 2.5)
    job = training.ledger.get(RUN_ID).job
    assert job is not None
    assert (job.arn, job.status, job.phases, job.hours, job.checks) == (training.arn, J.IN_PROGRESS, phases, 2.5, 2)


def test_a_completed_job_leaves_its_model_in_the_ledger(training: FakeTraining) -> None:
    training.jobs.move(RUN_ID, status=J.COMPLETED, model_arn="arn:m")
    assert training.check().outcome == "COMPLETED"
    assert training.ledger.get(RUN_ID).model_arn == "arn:m"


def test_a_failed_job_fails_the_run_with_bedrocks_message(training: FakeTraining) -> None:
    training.jobs.move(RUN_ID, status=J.FAILED, failure_message="grader raised")
    check = training.check()
    assert (check.outcome, check.error, check.cause) == ("FAILED", "TrainingJobFailed", "grader raised")


def test_a_job_stopped_in_the_console_fails_the_run(training: FakeTraining) -> None:
    training.clock.advance(hours=2)
    training.jobs.move(RUN_ID, status=J.STOPPED, ended_at=training.clock.now())
    training.clock.advance(hours=30)  # however late it is noticed
    check = training.check()
    assert (check.outcome, check.error, check.hours) == ("FAILED", "TrainingJobStopped", 2)
    assert training.jobs.stops == []


def test_a_job_past_its_limit_is_stopped_awaited_and_then_timed_out(training: FakeTraining) -> None:
    training.clock.advance(hours=24.5)
    assert (training.check().outcome, training.jobs.stops) == (None, [RUN_ID])
    training.clock.advance(minutes=10)
    assert (training.check().job_status, training.check().outcome) == ("Stopping", None)
    training.jobs.move(RUN_ID, status=J.STOPPED, ended_at=training.clock.now())
    check = training.check()
    assert (check.outcome, check.error) == ("FAILED", "TrainingTimedOut")
    assert training.jobs.stops == [RUN_ID]


NOT_STARTED = Phases(validation=PhaseStatus.COMPLETED, training=PhaseStatus.NOT_STARTED)
STARTED = Phases(validation=PhaseStatus.COMPLETED, training=PhaseStatus.IN_PROGRESS)


def test_hours_before_training_do_not_count_as_training(training: FakeTraining) -> None:
    training.jobs.move(RUN_ID, phases=NOT_STARTED)
    training.clock.advance(hours=74)
    assert (training.check().outcome, training.jobs.stops) == (None, [])
    training.jobs.move(RUN_ID, phases=STARTED)
    training.clock.advance(hours=23.9)
    check = training.check()
    assert (check.outcome, check.close_watch, training.jobs.stops) == (None, True, [])
    training.clock.advance(hours=0.2)
    training.check()
    assert training.jobs.stops == [RUN_ID]


def test_a_job_that_never_starts_training_is_stopped_at_a_limit_of_its_own(training: FakeTraining) -> None:
    training.jobs.move(RUN_ID, phases=NOT_STARTED)
    training.clock.advance(hours=96.5)
    check = training.check()
    assert (check.outcome, check.close_watch, training.jobs.stops) == (None, False, [RUN_ID])
    training.jobs.move(RUN_ID, status=J.STOPPED, ended_at=training.clock.now())
    check = training.check()
    assert (check.outcome, check.error) == ("FAILED", "TrainingNotStarted")
    assert "max_not_started_hours of 96" in check.cause


def test_a_job_stopped_in_the_console_before_training_says_so(training: FakeTraining) -> None:
    training.jobs.move(RUN_ID, phases=NOT_STARTED)
    training.clock.advance(hours=2)
    training.check()
    training.jobs.move(RUN_ID, status=J.STOPPED, ended_at=training.clock.now())
    assert training.check().error == "TrainingJobStopped"


def test_a_job_that_ignores_its_stop_is_stopped_again_then_abandoned(training: FakeTraining) -> None:
    training.jobs.obeys = False
    training.clock.advance(hours=24.5)
    assert training.check().outcome is None
    training.clock.advance(hours=2)
    assert (training.check().error, training.jobs.stops) == ("TrainingTimedOut", [RUN_ID, RUN_ID])


def test_a_job_stuck_in_stopping_is_abandoned(training: FakeTraining) -> None:
    training.clock.advance(hours=24.5)
    training.check()
    training.clock.advance(hours=1.4)
    assert training.check().outcome is None
    training.clock.advance(hours=0.2)
    assert training.check().error == "TrainingTimedOut"


def test_a_failed_stop_is_retried_by_the_state_machine(training: FakeTraining) -> None:
    training.jobs.fails_with["stop"] = [RetryableThrottling("slow down")]
    training.clock.advance(hours=25)
    with pytest.raises(RetryableThrottling):
        training.check()
    training.check()
    assert training.jobs.stops == [RUN_ID]


def test_a_new_job_that_is_not_visible_yet_is_polled_again(training: FakeTraining) -> None:
    training.jobs.hidden = True
    training.clock.advance(minutes=14)
    with pytest.raises(RetryableServiceError, match="cannot be seen yet"):
        training.check()


def test_a_missing_job_is_an_error(training: FakeTraining) -> None:
    training.jobs.hidden = True
    training.clock.advance(minutes=16)
    with pytest.raises(JobNotFound):
        training.check()


def test_an_ended_run_is_not_written_to(training: FakeTraining) -> None:
    ended = training.ledger.transition(RUN_ID, RunStatus.CANCELLED)
    with pytest.raises(TransitionRefused, match="CANCELLED"):
        training.check()
    assert training.ledger.get(RUN_ID) == ended


# ---- what rollouts earn -------------------------------------------------------------------------------------------

CHOSEN = {
    name: Recommendation(value=value, source="request", reason="asked")
    for name, value in {"batchSize": 2, "trainingSamplePerPrompt": 2, "epochCount": 1}.items()
}
GOOD, FAILED = (0.0, 1.0, 0.5, 0.7), (None, None, None, 0.5)


@pytest.fixture
def measured() -> FakeTraining:
    """A run whose steps have four rollouts."""
    training = FakeTraining()
    training.ledger.update(RUN_ID, {"hyperparameters": CHOSEN})
    return training


def grade(training: FakeTraining, scores: tuple[float | None, ...], *, steps: int = 1) -> None:
    for _ in range(steps):
        training.clock.advance(seconds=1)
        training.rollouts.put(RUN_ID, training.clock.now(), group(*scores))


def test_a_check_records_the_rewards_of_rollouts(measured: FakeTraining) -> None:
    grade(measured, GOOD, steps=2)
    assert measured.check().outcome is None
    record = measured.ledger.get(RUN_ID)
    assert record.metrics is not None
    assert [point.reward for point in record.metrics.training] == [0.55, 0.55]
    assert record.reward == 0.55
    assert (record.breaker, measured.jobs.stops) == ((), [])


def test_the_breaker_stops_the_job_within_two_checks_with_a_reason(measured: FakeTraining) -> None:
    grade(measured, GOOD, steps=5)
    measured.check()
    grade(measured, FAILED, steps=2)
    assert (measured.check().outcome, measured.jobs.stops) == (None, [RUN_ID])
    (finding,) = measured.ledger.get(RUN_ID).breaker
    assert (finding.signal, finding.action, finding.step) == ("error_share", "stop", 7)
    assert (measured.check().job_status, measured.jobs.stops) == ("Stopping", [RUN_ID])
    measured.jobs.move(RUN_ID, status=J.STOPPED, ended_at=measured.clock.now())
    check = measured.check()
    assert (check.outcome, check.error) == ("FAILED", "TrainingBreakerTripped")
    assert check.cause == (
        f"{RUN_ID} was stopped by its breaker: error_share, at step 7: 50.0% of the rollouts (6 of 12) of the last "
        "3 steps could not be graded; 30.0% are allowed."
    )
    assert len(measured.ledger.get(RUN_ID).breaker) == 1


def test_a_breaker_finding_is_recorded_before_the_job_is_stopped(measured: FakeTraining) -> None:
    grade(measured, FAILED, steps=3)
    measured.jobs.fails_with["stop"] = [RetryableThrottling("slow down")]
    with pytest.raises(RetryableThrottling):
        measured.check()
    assert [finding.action for finding in measured.ledger.get(RUN_ID).breaker] == ["stop"]
    measured.check()
    assert measured.jobs.stops == [RUN_ID]


def test_a_job_that_completes_before_it_can_be_stopped_has_completed(measured: FakeTraining) -> None:
    grade(measured, FAILED, steps=3)
    measured.check()
    measured.jobs.move(RUN_ID, status=J.COMPLETED, model_arn="arn:m")
    assert measured.check().outcome == "COMPLETED"


def test_a_job_that_ignores_its_breaker_is_abandoned(measured: FakeTraining) -> None:
    measured.jobs.obeys = False
    grade(measured, FAILED, steps=3)
    measured.check()
    measured.clock.advance(hours=1.9)
    assert (measured.check().outcome, measured.jobs.stops) == (None, [RUN_ID, RUN_ID])
    measured.clock.advance(hours=0.2)
    check = measured.check()
    assert (check.outcome, check.error) == ("FAILED", "TrainingBreakerTripped")
    assert "still InProgress 2.1 hours after its breaker tripped (error_share" in check.cause


def test_a_warning_is_recorded_once_and_stops_nothing() -> None:
    training = FakeTraining(breaker={"error_share": {"action": "warn"}})
    training.ledger.update(RUN_ID, {"hyperparameters": CHOSEN})
    for _ in range(3):
        grade(training, FAILED, steps=3)
        training.check()
    assert [(f.signal, f.action, f.step) for f in training.ledger.get(RUN_ID).breaker] == [("error_share", "warn", 3)]
    assert training.jobs.stops == []


def test_a_finding_after_the_end_is_a_warning(measured: FakeTraining) -> None:
    grade(measured, FAILED, steps=3)
    measured.jobs.move(RUN_ID, status=J.COMPLETED, model_arn="arn:m")
    assert measured.check().outcome == "COMPLETED"
    assert [finding.action for finding in measured.ledger.get(RUN_ID).breaker] == ["warn"]


def test_the_last_rollouts_of_a_job_that_has_ended_are_a_step_too(measured: FakeTraining) -> None:
    grade(measured, (0.5, 0.5, 0.5))
    measured.jobs.move(RUN_ID, status=J.COMPLETED, model_arn="arn:m")
    measured.check()
    record = measured.ledger.get(RUN_ID)
    assert record.metrics is not None
    assert record.metrics.steps == 1


def test_unavailable_telemetry_stops_no_job_and_hides_no_status(measured: FakeTraining) -> None:
    measured.rollouts.fails_to_list = [RetryableServiceError("503")]
    measured.clock.advance(hours=25)
    assert (measured.check().outcome, measured.jobs.stops) == (None, [RUN_ID])
