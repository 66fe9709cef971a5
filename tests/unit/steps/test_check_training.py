from __future__ import annotations

import pytest

from rft.contracts.job import JobStatus, Phases, PhaseStatus
from rft.contracts.ledger import RunStatus
from rft.contracts.steps import TrainingCheck
from rft.errors import JobNotFound, RetryableServiceError, RetryableThrottling, TransitionRefused
from rft.steps.check_training import check_training
from tests.fakes.clock import FixedClock
from tests.fakes.jobs import MemoryJobs
from tests.fakes.ledger import MemoryLedger
from tests.fakes.records import RUN_ID, add_run

J = JobStatus


class World:
    """A run in TRAINING, its job just made, and a limit of 24 hours."""

    def __init__(self) -> None:
        self.clock = FixedClock()
        self.ledger = MemoryLedger(self.clock)
        self.jobs = MemoryJobs(self.clock)
        self.arn = self.jobs.create({"jobName": RUN_ID})
        add_run(self.ledger, RunStatus.TRAINING)

    def check(self) -> TrainingCheck:
        return check_training(
            run_id=RUN_ID,
            job_arn=self.arn,
            max_training_hours=24,
            jobs=self.jobs,
            ledger=self.ledger,
            clock=self.clock,
        )


@pytest.fixture
def world() -> World:
    return World()


def test_each_check_records_what_it_saw(world: World) -> None:
    world.clock.advance(hours=1)
    world.check()
    world.clock.advance(hours=1.5)
    phases = Phases(validation=PhaseStatus.COMPLETED, data_processing=PhaseStatus.IN_PROGRESS)
    world.jobs.move(RUN_ID, phases=phases)
    check = world.check()
    assert (check.outcome, check.job_status, check.phase, check.hours) == (None, "InProgress", "data_processing", 2.5)
    job = world.ledger.get(RUN_ID).job
    assert job is not None
    assert (job.arn, job.status, job.phases, job.hours, job.checks) == (world.arn, J.IN_PROGRESS, phases, 2.5, 2)


def test_a_completed_job_leaves_its_model_in_the_ledger(world: World) -> None:
    world.jobs.move(RUN_ID, status=J.COMPLETED, model_arn="arn:m")
    assert world.check().outcome == "COMPLETED"
    assert world.ledger.get(RUN_ID).model_arn == "arn:m"


def test_a_failed_job_fails_the_run_with_bedrocks_message(world: World) -> None:
    world.jobs.move(RUN_ID, status=J.FAILED, failure_message="grader raised")
    check = world.check()
    assert (check.outcome, check.error, check.cause) == ("FAILED", "TrainingJobFailed", "grader raised")


def test_a_job_stopped_in_the_console_fails_the_run(world: World) -> None:
    world.clock.advance(hours=2)
    world.jobs.move(RUN_ID, status=J.STOPPED, ended_at=world.clock.now())
    world.clock.advance(hours=30)  # however late it is noticed
    check = world.check()
    assert (check.outcome, check.error, check.hours) == ("FAILED", "TrainingJobStopped", 2)
    assert world.jobs.stops == []


def test_a_job_past_its_limit_is_stopped_awaited_and_then_timed_out(world: World) -> None:
    world.clock.advance(hours=24.5)
    assert (world.check().outcome, world.jobs.stops) == (None, [RUN_ID])
    world.clock.advance(minutes=10)
    assert (world.check().job_status, world.check().outcome) == ("Stopping", None)
    world.jobs.move(RUN_ID, status=J.STOPPED, ended_at=world.clock.now())
    check = world.check()
    assert (check.outcome, check.error) == ("FAILED", "TrainingTimedOut")
    assert world.jobs.stops == [RUN_ID]


def test_a_job_that_ignores_the_stop_is_asked_again_and_given_up(world: World) -> None:
    world.jobs.obeys = False
    world.clock.advance(hours=24.5)
    assert world.check().outcome is None
    world.clock.advance(hours=2)
    assert (world.check().error, world.jobs.stops) == ("TrainingTimedOut", [RUN_ID, RUN_ID])


def test_a_job_stuck_in_stopping_is_given_up(world: World) -> None:
    world.clock.advance(hours=24.5)
    world.check()
    world.clock.advance(hours=1.4)
    assert world.check().outcome is None
    world.clock.advance(hours=0.2)
    assert world.check().error == "TrainingTimedOut"


def test_a_failed_stop_is_tried_again_by_the_state_machine(world: World) -> None:
    world.jobs.fails_with["stop"] = [RetryableThrottling("slow down")]
    world.clock.advance(hours=25)
    with pytest.raises(RetryableThrottling):
        world.check()
    world.check()
    assert world.jobs.stops == [RUN_ID]


def test_a_new_job_that_cannot_be_seen_yet_is_looked_for_again(world: World) -> None:
    world.jobs.hidden = True
    world.clock.advance(minutes=14)
    with pytest.raises(RetryableServiceError, match="cannot be seen yet"):
        world.check()


def test_a_job_that_is_gone_is_an_error(world: World) -> None:
    world.jobs.hidden = True
    world.clock.advance(minutes=16)
    with pytest.raises(JobNotFound):
        world.check()


def test_an_ended_run_is_not_written_to(world: World) -> None:
    ended = world.ledger.transition(RUN_ID, RunStatus.CANCELLED)
    with pytest.raises(TransitionRefused, match="CANCELLED"):
        world.check()
    assert world.ledger.get(RUN_ID) == ended
