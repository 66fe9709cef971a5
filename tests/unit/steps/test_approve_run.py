from __future__ import annotations

import pytest

from rft.contracts.api import Answer
from rft.contracts.ledger import RunRecord, RunStatus
from rft.errors import RetryableServiceError, RunNotFound, TransitionRefused
from rft.steps.approve_run import approve_run
from rft.steps.ending import end
from rft.steps.request_approval import request_approval
from tests.fakes.records import RUN_ID
from tests.fakes.world import World

S = RunStatus


@pytest.fixture
def world() -> World:
    world = World(S.SMOKE_TESTING)
    request_approval(
        run_id=RUN_ID,
        task_token="t1",
        reasons=("dear",),
        days=7,
        ledger=world.ledger,
        notifier=world.notifier,
        clock=world.clock,
    )
    world.executions.waiting.add("t1")
    return world


def answer(world: World, *, approved: bool = True, by: str = "Ada", run_id: str = RUN_ID) -> RunRecord:
    return approve_run(
        run_id=run_id,
        answer=Answer(approved=approved, by=by, comment="well"),
        caller="arn:aws:iam::123456789012:user/ada",
        ledger=world.ledger,
        executions=world.executions,
        clock=world.clock,
    )


@pytest.mark.parametrize("approved", [True, False])
def test_an_answer_is_recorded_and_passed_on(world: World, approved: bool) -> None:
    record = answer(world, approved=approved)
    assert record.approval is not None
    assert record.approval.decision is not None
    assert (record.approval.decision.by, record.approval.decision.comment) == ("Ada", "well")
    assert record.approval.decision.at == world.clock.now()
    (output,) = world.executions.outputs
    assert output["approved"] is approved
    assert ("Ada" in output["cause"]) is not approved


def test_the_same_answer_again_is_fine_and_the_other_is_refused(world: World) -> None:
    first = answer(world)
    world.ledger.transition(RUN_ID, S.STARTING)
    assert answer(world, by="Bob").approval == first.approval
    with pytest.raises(TransitionRefused, match="Ada"):
        answer(world, approved=False)
    assert len(world.executions.outputs) == 1


def test_an_answer_that_was_recorded_but_not_passed_on_is_passed_on_by_the_repeat(world: World) -> None:
    world.executions.waiting.clear()
    with pytest.raises(RetryableServiceError):
        answer(world)
    world.ledger.keep_token(RUN_ID, "t2")
    world.executions.waiting.add("t2")
    answer(world)
    assert len(world.executions.outputs) == 1


def test_a_yes_after_the_wait_is_over_is_refused(world: World) -> None:
    world.executions.waiting.clear()
    with pytest.raises(RetryableServiceError):
        answer(world)
    end(world.record, S.CANCELLED, error="ApprovalExpired", cause="nobody answered", ledger=world.ledger)
    for _ in range(2):
        with pytest.raises(TransitionRefused, match="CANCELLED"):
            answer(world)


def test_a_run_that_awaits_nothing_takes_no_answer() -> None:
    with pytest.raises(TransitionRefused, match="awaits no approval"):
        answer(World(S.TRAINING))


def test_an_unknown_run_is_unknown(world: World) -> None:
    with pytest.raises(RunNotFound):
        answer(world, run_id="pandalm-judge-other-00000000")
