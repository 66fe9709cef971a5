from __future__ import annotations

import pytest

from rft.contracts.ledger import Failure, RunRecord, RunStatus
from rft.errors import RetryableThrottling, RunNotFound, TransitionRefused
from rft.runs.status import TERMINAL
from rft.steps.cancel_run import cancel_run
from tests.fakes.records import RUN_ID
from tests.fakes.world import World

S = RunStatus
OPEN = sorted(set(S) - TERMINAL)


def cancel(world: World, run_id: str = RUN_ID) -> RunRecord:
    return cancel_run(
        run_id=run_id,
        caller="Ada",
        ledger=world.ledger,
        executions=world.executions,
        jobs=world.jobs,
        notifier=world.notifier,
    )


@pytest.mark.parametrize("status", OPEN)
def test_an_open_run_is_cancelled_with_its_execution_and_people_are_told(status: RunStatus) -> None:
    world = World(status)
    record = cancel(world)
    assert (record.status, record.notified) == (S.CANCELLED, True)
    assert record.failure == Failure(stage=status, error="RunCancelled", cause="cancelled by Ada")
    assert world.executions.ended[RUN_ID].status == "ABORTED"
    assert [message["status"] for message in world.messages] == ["CANCELLED"]


@pytest.mark.parametrize("recorded", [True, False])
def test_its_job_is_stopped_whether_or_not_the_ledger_knows_it(recorded: bool) -> None:
    world = World(S.TRAINING if recorded else S.STARTING).with_job(recorded=recorded)
    cancel(world)
    assert world.job_status == "Stopping"


def test_the_ledger_is_first_so_that_a_job_in_the_making_is_refused() -> None:
    world = World(S.STARTING)
    world.executions.fails_with = [RetryableThrottling("slow down")]
    with pytest.raises(RetryableThrottling):
        cancel(world)
    with pytest.raises(TransitionRefused):
        world.ledger.transition(RUN_ID, S.TRAINING)


@pytest.mark.parametrize("where", ["executions", "jobs", "notifier"])
def test_a_repeat_does_what_is_missing_and_tells_nobody_twice(where: str) -> None:
    world = World(S.TRAINING).with_job()
    fault = [RetryableThrottling("slow down")]
    if where == "jobs":
        world.jobs.fails_with["stop"] = list(fault)
    else:
        getattr(world, where).fails_with = fault
    with pytest.raises(RetryableThrottling):
        cancel(world)
    records = [cancel(world) for _ in range(2)]
    assert records[0] == records[1]
    assert (records[0].status, world.job_status, len(world.messages)) == (S.CANCELLED, "Stopping", 1)
    assert world.executions.ended[RUN_ID].status == "ABORTED"


@pytest.mark.parametrize("status", sorted(TERMINAL - {S.CANCELLED}))
def test_a_run_that_ended_otherwise_stays_as_it_is(status: RunStatus) -> None:
    world = World(status)
    before = world.record
    with pytest.raises(TransitionRefused, match=status):
        cancel(world)
    assert (world.record, world.messages, world.executions.ended) == (before, [], {})


def test_a_run_that_was_never_started_can_be_cancelled() -> None:
    world = World(S.PENDING)
    world.executions.started.clear()
    assert cancel(world).status is S.CANCELLED


def test_an_unknown_run_is_unknown() -> None:
    with pytest.raises(RunNotFound):
        cancel(World(S.PENDING), "pandalm-judge-other-00000000")
