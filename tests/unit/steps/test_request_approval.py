from __future__ import annotations

import json
from datetime import timedelta

import pytest

from rft.contracts.ledger import RunRecord, RunStatus
from rft.errors import RetryableThrottling, TransitionRefused
from rft.steps.request_approval import request_approval
from tests.kit.fake_run import FakeRun
from tests.kit.records import RUN_ID

S = RunStatus
TOKEN = "AQCEAAAAKgAAAAMAAAAAAAAAAexample"


def request_approval_of(fake_run: FakeRun, token: str = TOKEN) -> RunRecord:
    return request_approval(
        run_id=RUN_ID,
        task_token=token,
        reasons=("the request requires it", "dear"),
        days=7,
        ledger=fake_run.ledger,
        approvals=fake_run.ledger,
        notifier=fake_run.notifier,
        clock=fake_run.clock,
    )


def test_the_approval_request_gives_reason_deadline_and_commands() -> None:
    fake_run = FakeRun(S.SMOKE_TESTING)
    record = request_approval_of(fake_run)
    assert record.status is S.AWAITING_APPROVAL
    assert record.approval is not None
    assert record.approval.expires_at == fake_run.clock.now() + timedelta(days=7)
    assert fake_run.ledger.events(RUN_ID)[-1].detail == "the request requires it; dear"
    ((subject, message),) = fake_run.notifier.sent
    assert RUN_ID in subject
    assert message["reasons"] == ("the request requires it", "dear")
    assert f"rft approve {RUN_ID}" in message["approve"]
    assert f"/runs/{RUN_ID}/approve" in message["or_by_http"]
    assert TOKEN not in json.dumps(message)


def test_a_repeat_stores_a_new_token_and_changes_nothing_else() -> None:
    fake_run = FakeRun(S.SMOKE_TESTING)
    first = request_approval_of(fake_run)
    fake_run.clock.advance(hours=1)
    assert request_approval_of(fake_run, "t2").approval == first.approval
    assert (fake_run.ledger.token(RUN_ID), len(fake_run.messages)) == ("t2", 1)
    assert [e.after for e in fake_run.ledger.events(RUN_ID)].count(S.AWAITING_APPROVAL) == 1


def test_a_request_that_could_not_be_sent_is_sent_by_the_repeat() -> None:
    fake_run = FakeRun(S.SMOKE_TESTING)
    fake_run.notifier.fails_with = [RetryableThrottling("slow down")]
    with pytest.raises(RetryableThrottling):
        request_approval_of(fake_run)
    request_approval_of(fake_run)
    assert len(fake_run.messages) == 1


def test_a_cancelled_run_requests_no_approval() -> None:
    fake_run = FakeRun(S.CANCELLED)
    with pytest.raises(TransitionRefused):
        request_approval_of(fake_run)
    assert fake_run.messages == []
