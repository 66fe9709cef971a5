from __future__ import annotations

from datetime import UTC, datetime

import pytest

from rft.contracts.ledger import Decision, Failure, RunRecord, RunStatus
from rft.errors import TransitionRefused
from rft.runs.approval import answered, approval_reasons, outcome, requested, too_late
from tests.kit.records import ADA, run_record

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)


def decision(*, approved: bool, by: str = "Ada", comment: str = "") -> Decision:
    return Decision(approved=approved, by=by, comment=comment, caller=ADA, at=AT)


def waiting(status: RunStatus = RunStatus.AWAITING_APPROVAL, **changes: object) -> RunRecord:
    return run_record().model_copy(
        update={"status": status, "approval": requested(("dear",), at=AT, days=7), **changes}
    )


@pytest.mark.parametrize(
    ("by_request", "stack", "count"), [(False, False, 0), (True, False, 1), (False, True, 1), (True, True, 2)]
)
def test_the_request_or_the_stack_can_require_approval(by_request: bool, stack: bool, count: int) -> None:
    request = run_record(require_approval=by_request).request
    assert len(approval_reasons(request, stack_requires=stack)) == count


def test_a_wait_expires_after_its_days() -> None:
    approval = requested(("dear",), at=AT, days=0.5)
    assert approval.expires_at == datetime(2026, 11, 21, 0, tzinfo=UTC)


@pytest.mark.parametrize("approved", [True, False])
def test_the_first_decision_counts_and_may_be_repeated(approved: bool) -> None:
    first = answered(waiting(), decision(approved=approved))
    record = waiting(RunStatus.TRAINING, approval=first)
    assert first.decision == decision(approved=approved)
    assert answered(record, decision(approved=approved, by="Bob")) == first
    with pytest.raises(TransitionRefused, match="already"):
        answered(record, decision(approved=not approved))


@pytest.mark.parametrize("record", [waiting(RunStatus.CANCELLED), run_record()])
def test_a_run_that_awaits_no_approval_refuses_a_decision(record: RunRecord) -> None:
    with pytest.raises(TransitionRefused, match=record.status):
        answered(record, decision(approved=True))


def test_a_rejection_states_its_reason_and_names_nobody() -> None:
    refused = outcome(decision(approved=False, by="Bob", comment="too dear"))
    assert (refused.approved, refused.cause) == (False, "the approval was refused: too dear")
    assert outcome(decision(approved=True)).approved


def test_an_approval_of_an_expired_run_is_too_late() -> None:
    yes = answered(waiting(), decision(approved=True))
    expired = Failure(stage=RunStatus.AWAITING_APPROVAL, error="ApprovalExpired", cause="nobody answered")
    assert too_late(waiting(RunStatus.CANCELLED, approval=yes, failure=expired))
    assert not too_late(waiting(RunStatus.TRAINING, approval=yes))
    assert not too_late(
        waiting(RunStatus.FAILED, approval=yes, failure=expired.model_copy(update={"stage": "TRAINING"}))
    )
    assert not too_late(waiting(RunStatus.CANCELLED, failure=expired))
