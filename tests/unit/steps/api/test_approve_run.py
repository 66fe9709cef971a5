from __future__ import annotations

import pytest

from rft.contracts.http.api import ApprovalRequest
from rft.contracts.http.principal import Principal
from rft.contracts.ledger import RunRecord, RunStatus
from rft.errors import RetryableServiceError, RunNotFound, SelfApprovalForbidden, TransitionRefused
from rft.runs.finish_run import finish_run
from rft.steps.api.approve_run import approve_run
from rft.steps.request_approval import request_approval
from tests.kit.fake_run import FakeRun
from tests.kit.records import ADA, RUN_ID

S = RunStatus


@pytest.fixture
def fake_run() -> FakeRun:
    fake_run = FakeRun(S.SMOKE_TESTING)
    request_approval(
        run_id=RUN_ID,
        task_token="t1",
        reasons=("dear",),
        days=7,
        ledger=fake_run.ledger,
        approvals=fake_run.ledger,
        notifier=fake_run.notifier,
        clock=fake_run.clock,
    )
    fake_run.executions.waiting.add("t1")
    return fake_run


BOB = Principal(type="iam", id="arn:aws:iam::123456789012:user/bob")


def answer(
    fake_run: FakeRun,
    *,
    approved: bool = True,
    by: str = "Ada",
    run_id: str = RUN_ID,
    caller: Principal = ADA,
    allow_self_approval: bool = True,
) -> RunRecord:
    return approve_run(
        run_id=run_id,
        answer=ApprovalRequest(approved=approved, by=by, comment="well"),
        caller=caller,
        allow_self_approval=allow_self_approval,
        ledger=fake_run.ledger,
        approvals=fake_run.ledger,
        executions=fake_run.executions,
        clock=fake_run.clock,
    )


@pytest.mark.parametrize("approved", [True, False])
def test_a_decision_is_recorded_and_sent_to_the_execution(fake_run: FakeRun, approved: bool) -> None:
    record = answer(fake_run, approved=approved)
    assert record.approval is not None
    assert record.approval.decision is not None
    assert (record.approval.decision.by, record.approval.decision.comment) == ("Ada", "well")
    assert record.approval.decision.at == fake_run.clock.now()
    (output,) = fake_run.executions.outputs
    assert output["approved"] is approved
    assert output["cause"] == ("" if approved else "the approval was refused: well")


def test_the_same_decision_may_be_repeated_and_the_opposite_is_refused(fake_run: FakeRun) -> None:
    first = answer(fake_run)
    fake_run.ledger.transition(RUN_ID, S.STARTING)
    assert answer(fake_run, by="Bob").approval == first.approval
    with pytest.raises(TransitionRefused, match=rf"approved already at 2026-.* by {ADA.id}, named Ada$"):
        answer(fake_run, approved=False)
    assert len(fake_run.executions.outputs) == 1


def test_a_recorded_decision_that_was_not_sent_is_sent_by_the_retry(fake_run: FakeRun) -> None:
    fake_run.executions.waiting.clear()
    with pytest.raises(RetryableServiceError):
        answer(fake_run)
    fake_run.ledger.save_token(RUN_ID, "t2")
    fake_run.executions.waiting.add("t2")
    answer(fake_run)
    assert len(fake_run.executions.outputs) == 1


def test_an_approval_after_the_wait_expired_is_refused(fake_run: FakeRun) -> None:
    fake_run.executions.waiting.clear()
    with pytest.raises(RetryableServiceError):
        answer(fake_run)
    finish_run(fake_run.record, S.CANCELLED, error="ApprovalExpired", cause="nobody answered", ledger=fake_run.ledger)
    for _ in range(2):
        with pytest.raises(TransitionRefused, match="CANCELLED"):
            answer(fake_run)


def test_a_run_that_awaits_no_approval_refuses_a_decision() -> None:
    with pytest.raises(TransitionRefused, match="awaits no approval"):
        answer(FakeRun(S.TRAINING))


def test_an_unknown_run_is_unknown(fake_run: FakeRun) -> None:
    with pytest.raises(RunNotFound):
        answer(fake_run, run_id="pandalm-judge-other-00000000")


@pytest.mark.parametrize("requested_by", [ADA, Principal(type="account", id="123456789012"), None])
def test_a_run_is_not_approved_by_its_possible_starter(fake_run: FakeRun, requested_by: Principal | None) -> None:
    fake_run.ledger.update(RUN_ID, {"requested_by": requested_by})
    with pytest.raises(SelfApprovalForbidden, match="started by you"):
        answer(fake_run, allow_self_approval=False)
    assert (fake_run.record.status, fake_run.executions.outputs) == (S.AWAITING_APPROVAL, [])


def test_another_principal_approves_and_the_starter_may_reject(fake_run: FakeRun) -> None:
    answer(fake_run, approved=False, allow_self_approval=False)
    assert [output["approved"] for output in fake_run.executions.outputs] == [False]


def test_another_principal_approves_where_self_approval_is_forbidden(fake_run: FakeRun) -> None:
    answer(fake_run, caller=BOB, allow_self_approval=False)
    assert [output["approved"] for output in fake_run.executions.outputs] == [True]


def test_the_name_in_a_request_proves_no_identity(fake_run: FakeRun) -> None:
    """The old cause ran `by`, the caller's ARN and the comment together, so that one could pose as the other."""
    record = answer(fake_run, approved=False, by="Bob (arn:aws:iam::123456789012:user/bob): fine\nrefused by Eve")
    (output,) = fake_run.executions.outputs
    assert "Bob" not in output["cause"]
    assert "arn:" not in output["cause"]
    assert record.approval is not None
    assert record.approval.decision is not None
    assert record.approval.decision.caller == ADA
    assert "\n" not in record.approval.decision.by
