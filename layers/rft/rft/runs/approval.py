"""Rules of the approval before training: when it is required, who may decide, effect of a decision. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from rft.contracts.http.principal import Principal
from rft.contracts.ledger import Approval, Decision, RunRecord, RunStatus
from rft.contracts.run_request import RunRequest
from rft.contracts.steps import ApprovalOutcome
from rft.errors import SelfApprovalForbidden, TransitionRefused


def approval_reasons(request: RunRequest, *, stack_requires: bool) -> tuple[str, ...]:
    """Reasons for an approval; empty if none is required. Request or stack can require it, neither can waive it."""
    reasons = {"the request requires it": request.require_approval, "this stack requires it": stack_requires}
    return tuple(reason for reason, applies in reasons.items() if applies)


def requested(reasons: tuple[str, ...], *, at: datetime, days: float) -> Approval:
    """A new approval request that expires after `days`."""
    return Approval(reasons=reasons, requested_at=at, expires_at=at + timedelta(days=days))


def answered(record: RunRecord, decision: Decision) -> Approval:
    """Applies a decision to the run's approval; unchanged if the same decision was made before.

    Raises TransitionRefused if the opposite was decided, or the run does not await approval.
    """
    approval = record.approval
    if approval is not None and approval.decision is not None:
        if approval.decision.approved == decision.approved:
            return approval
        raise TransitionRefused(
            f"{record.run_id} was {_verb(approval.decision)} already {_signature(approval.decision)}"
        )
    if approval is None or record.status is not RunStatus.AWAITING_APPROVAL:
        raise TransitionRefused(f"{record.run_id} is {record.status} and awaits no approval")
    return approval.model_copy(update={"decision": decision})


def check_approver(record: RunRecord, caller: Principal) -> None:
    """Raises SelfApprovalForbidden unless `caller` is verifiably a different principal than the one who started it."""
    requester = record.requested_by
    if requester is not None and requester.is_another(caller):
        return
    if requester is not None and requester.identity == caller.identity:
        raise SelfApprovalForbidden(f"{record.run_id} was started by you; in this stack another must approve it")
    raise SelfApprovalForbidden(
        f"{record.run_id} may have been started by you: for an upload only the account is known; "
        "runs started with POST /runs can be approved"
    )


def outcome(decision: Decision) -> ApprovalOutcome:
    """The decision as input of the state machine."""
    return ApprovalOutcome(approved=decision.approved, cause="" if decision.approved else _cause(decision))


def too_late(record: RunRecord) -> bool:
    """Whether the run was approved after the approval had expired."""
    approved = record.approval is not None and record.approval.decision and record.approval.decision.approved
    return bool(approved) and record.failure is not None and record.failure.stage is RunStatus.AWAITING_APPROVAL


def _cause(decision: Decision) -> str:
    """Cause of a rejection. Omits names, because they are not verified."""
    return f"the approval was {_verb(decision)}{f': {decision.comment}' if decision.comment else ''}"


def _signature(decision: Decision) -> str:
    """Time, verified caller and given name. The unverified name is last, so that it cannot imitate the caller."""
    return f"at {decision.at:%Y-%m-%d %H:%M} UTC by {decision.caller.id}, named {decision.by}"


def _verb(decision: Decision) -> str:
    return "approved" if decision.approved else "refused"
