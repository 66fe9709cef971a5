from __future__ import annotations

import pytest

from rft.contracts.ledger import RunStatus
from rft.contracts.steps import RunInput
from rft.errors import RetryableServiceError, RetryableThrottling
from rft.ports import Execution
from rft.steps.sweep_runs import sweep_runs
from tests.fakes.records import RUN_ID, run_record
from tests.fakes.world import World

S = RunStatus
OTHER = "pandalm-judge-other-00000000"


def sweep(world: World) -> list[str]:
    return sweep_runs(
        ledger=world.ledger,
        executions=world.executions,
        jobs=world.jobs,
        notifier=world.notifier,
        clock=world.clock,
    )


def add_other(world: World, execution: Execution) -> None:
    record = world.ledger.create(run_record(OTHER))
    world.ledger.transition(OTHER, S.PREPARING)
    world.executions.start(OTHER, RunInput(run_id=OTHER, request=record.request).model_dump(mode="json"))
    world.executions.ended[OTHER] = execution


@pytest.mark.parametrize("status", ["ABORTED", "FAILED", "TIMED_OUT", "SUCCEEDED"])
def test_an_open_run_whose_execution_has_ended_is_closed(status: str) -> None:
    world = World(S.TRAINING).with_job()
    world.executions.ended[RUN_ID] = Execution(status=status)
    assert sweep(world) == [RUN_ID]
    assert world.record.status in {S.FAILED, S.CANCELLED}
    assert (world.job_status, len(world.messages)) == ("Stopping", 1)
    assert sweep(world) == []


@pytest.mark.parametrize("status", [S.PREPARING, S.AWAITING_APPROVAL, S.TRAINING])
def test_a_run_that_goes_on_is_left_alone(status: RunStatus) -> None:
    world = World(status)
    world.clock.advance(days=3)
    assert sweep(world) == []
    assert world.record.status is status


def test_a_run_without_an_execution_is_closed_once_it_has_been_quiet_for_long() -> None:
    world = World(S.PREPARING)
    world.executions.started.clear()
    assert sweep(world) == []
    world.clock.advance(minutes=16)
    assert sweep(world) == [RUN_ID]
    assert world.record.status is S.FAILED


def test_a_run_that_was_never_started_waits_for_its_caller() -> None:
    world = World(S.PENDING)
    world.executions.started.clear()
    world.clock.advance(days=3)
    assert sweep(world) == []
    assert world.record.status is S.PENDING


@pytest.mark.parametrize("status", [S.CANCELLED, S.FAILED])
def test_a_job_whose_run_has_ended_is_stopped(status: RunStatus) -> None:
    world = World(S.STARTING).with_job(recorded=False)
    world.ledger.transition(RUN_ID, status)
    assert sweep(world) == [RUN_ID]
    assert world.job_status == "Stopping"


def test_jobs_of_others_are_none_of_our_business() -> None:
    world = World(S.TRAINING).with_job()
    world.jobs.create({"jobName": "somebody-elses"})
    assert sweep(world) == []
    assert world.jobs.stops == []


def test_one_that_fails_keeps_no_other_waiting_and_is_named() -> None:
    world = World(S.TRAINING).with_job()
    world.executions.ended[RUN_ID] = Execution(status="ABORTED")
    add_other(world, Execution(status="ABORTED"))
    world.jobs.fails_with["stop"] = [RetryableThrottling("slow down")]
    with pytest.raises(RetryableServiceError, match="could not be swept"):
        sweep(world)
    assert {world.ledger.get(run_id).status for run_id in (RUN_ID, OTHER)} == {S.CANCELLED}
    sweep(world)
    assert world.job_status == "Stopping"


def test_hundreds_of_open_runs_are_all_looked_at() -> None:
    world = World(S.PREPARING)
    world.executions.ended[RUN_ID] = Execution(status="ABORTED")
    for number in range(250):
        run_id = f"pandalm-judge-{number:05d}-00000000"
        record = world.ledger.create(run_record(run_id))
        world.ledger.transition(run_id, S.PREPARING)
        world.executions.start(run_id, RunInput(run_id=run_id, request=record.request).model_dump(mode="json"))
        world.executions.ended[run_id] = Execution(status="ABORTED")
    assert len(sweep(world)) == 251
