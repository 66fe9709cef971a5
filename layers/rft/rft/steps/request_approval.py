"""request_approval: the run waits for a person, who is told how to answer."""

from __future__ import annotations

from rft.contracts.ledger import Approval, RunRecord, RunStatus
from rft.observability import logger
from rft.ports.runs import Approvals, Ledger
from rft.ports.storage import Clock, Notifier
from rft.runs.approval import requested


def request_approval(
    *,
    run_id: str,
    task_token: str,
    reasons: tuple[str, ...],
    days: float,
    ledger: Ledger,
    approvals: Approvals,
    notifier: Notifier,
    clock: Clock,
) -> RunRecord:
    """Keep the token, record the wait and tell people; a repeat brings a new token and changes nothing else.

    Raises RunNotFound, TransitionRefused (the run has ended) and the Retryable… errors.
    """
    approvals.save_token(run_id, task_token)
    record = ledger.get(run_id)
    approval = record.approval or requested(reasons, at=clock.now(), days=days)
    if record.status is not RunStatus.AWAITING_APPROVAL:
        changes = {"approval": approval}
        record = ledger.transition(
            run_id, RunStatus.AWAITING_APPROVAL, detail="; ".join(approval.reasons), changes=changes
        )
    notifier.publish(f"approval/{run_id}", f"RFT run {run_id} awaits approval", _message(record, approval))
    logger().info("approval requested", reasons=approval.reasons)
    return record


def _message(record: RunRecord, approval: Approval) -> dict[str, object]:
    return {
        "run_id": record.run_id,
        "status": record.status,
        "name": record.name,
        "requested_by": record.requested_by and record.requested_by.model_dump(mode="json"),
        "reasons": approval.reasons,
        "expires_at": approval.expires_at.isoformat(),
        "see": f"GET /runs/{record.run_id}",
        "approve": f"rft approve {record.run_id}",
        "refuse": f"rft approve {record.run_id} --reject",
        "or_by_http": f'POST /runs/{record.run_id}/approve {{"approved": true, "by": "your name", "comment": ""}}',
    }
