"""request_approval: records that the run waits for an approval, and publishes how to approve it."""

from __future__ import annotations

from rft.contracts.ledger import RunRecord, RunStatus
from rft.observability import logger
from rft.ports.runs import Approvals, Ledger
from rft.ports.storage import Clock, Notifier
from rft.runs.approval import requested
from rft.runs.topic_messages import approval_message


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
    """Stores the token, records the wait and publishes it; a repeat only replaces the token.

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
    notifier.publish(approval_message(record, approval))
    logger().info("approval requested", reasons=approval.reasons)
    return record
