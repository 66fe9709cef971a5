from __future__ import annotations

import json
from datetime import timedelta

import pytest

from rft.contracts.ledger import RunRecord, RunStatus
from rft.errors import RetryableThrottling, TransitionRefused
from rft.steps.request_approval import request_approval
from tests.fakes.records import RUN_ID
from tests.fakes.world import World

S = RunStatus
TOKEN = "AQCEAAAAKgAAAAMAAAAAAAAAAexample"


def ask(world: World, token: str = TOKEN) -> RunRecord:
    return request_approval(
        run_id=RUN_ID,
        task_token=token,
        reasons=("the request asks for it", "dear"),
        days=7,
        ledger=world.ledger,
        notifier=world.notifier,
        clock=world.clock,
    )


def test_the_run_waits_and_people_are_told_why_until_when_and_how() -> None:
    world = World(S.SMOKE_TESTING)
    record = ask(world)
    assert record.status is S.AWAITING_APPROVAL
    assert record.approval is not None
    assert record.approval.expires_at == world.clock.now() + timedelta(days=7)
    assert world.ledger.events(RUN_ID)[-1].detail == "the request asks for it; dear"
    ((subject, message),) = world.notifier.sent
    assert RUN_ID in subject
    assert message["reasons"] == ("the request asks for it", "dear")
    assert f"rft approve {RUN_ID}" in message["approve"]
    assert f"/runs/{RUN_ID}/approve" in message["or_by_http"]
    assert TOKEN not in json.dumps(message)


def test_a_repeat_brings_a_new_token_and_changes_nothing_else() -> None:
    world = World(S.SMOKE_TESTING)
    first = ask(world)
    world.clock.advance(hours=1)
    assert ask(world, "t2").approval == first.approval
    assert (world.ledger.token(RUN_ID), len(world.messages)) == ("t2", 1)
    assert [e.after for e in world.ledger.events(RUN_ID)].count(S.AWAITING_APPROVAL) == 1


def test_a_question_that_could_not_be_sent_is_sent_by_the_repeat() -> None:
    world = World(S.SMOKE_TESTING)
    world.notifier.fails_with = [RetryableThrottling("slow down")]
    with pytest.raises(RetryableThrottling):
        ask(world)
    ask(world)
    assert len(world.messages) == 1


def test_a_run_that_was_cancelled_asks_nobody() -> None:
    world = World(S.CANCELLED)
    with pytest.raises(TransitionRefused):
        ask(world)
    assert world.messages == []
