"""When a person must agree before training, and what an answer does. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from rft.contracts.ledger import Approval, Decision, RunRecord, RunStatus
from rft.contracts.run_request import RunRequest
from rft.contracts.steps import ApprovalOutcome
from rft.errors import TransitionRefused


def approval_reasons(request: RunRequest, *, stack_requires: bool) -> tuple[str, ...]:
    """Why a person must agree; empty where nobody needs to. Either side can ask for it, neither can waive it."""
    reasons = {"the request asks for it": request.require_approval, "this stack asks for it": stack_requires}
    return tuple(reason for reason, applies in reasons.items() if applies)


def requested(reasons: tuple[str, ...], *, at: datetime, days: float) -> Approval:
    """A wait that begins now."""
    return Approval(reasons=reasons, requested_at=at, expires_at=at + timedelta(days=days))


def answered(record: RunRecord, decision: Decision) -> Approval:
    """The run's approval with this decision, or as it is where the same was decided before.

    Raises TransitionRefused.
    """
    approval = record.approval
    if approval is not None and approval.decision is not None:
        if approval.decision.approved == decision.approved:
            return approval
        raise TransitionRefused(f"{record.run_id} has its answer already: {_description(approval.decision)}")
    if approval is None or record.status is not RunStatus.AWAITING_APPROVAL:
        raise TransitionRefused(f"{record.run_id} is {record.status} and awaits no approval")
    return approval.model_copy(update={"decision": decision})


def outcome(decision: Decision) -> ApprovalOutcome:
    """What the state machine is told of a decision."""
    return ApprovalOutcome(approved=decision.approved, cause="" if decision.approved else _description(decision))


def too_late(record: RunRecord) -> bool:
    """True for a run that was approved, but had been given up by then."""
    approved = record.approval is not None and record.approval.decision and record.approval.decision.approved
    return bool(approved) and record.failure is not None and record.failure.stage is RunStatus.AWAITING_APPROVAL


def _description(decision: Decision) -> str:
    word = "approved" if decision.approved else "refused"
    comment = f": {decision.comment}" if decision.comment else ""
    return f"{word} by {decision.by} ({decision.caller}){comment}"
