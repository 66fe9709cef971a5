"""Records a decision on a run that waits for approval, and resumes the run."""

from __future__ import annotations

from rft.contracts.http.api import ApprovalRequest
from rft.contracts.http.principal import Principal
from rft.contracts.ledger import Decision, RunRecord, RunStatus
from rft.errors import RetryableServiceError, TransitionRefused
from rft.ports.runs import Approvals, Executions, Ledger
from rft.ports.storage import Clock
from rft.runs.approval import check_approver, outcome, too_late


def approve_run(
    *,
    run_id: str,
    answer: ApprovalRequest,
    caller: Principal,
    allow_self_approval: bool,
    ledger: Ledger,
    approvals: Approvals,
    executions: Executions,
    clock: Clock,
) -> RunRecord:
    """Returns the run with its decision. The first decision is final; repeating it is idempotent.

    Anyone may reject a run, including its requester. Raises RunNotFound, TransitionRefused (the run awaits no decision,
    has the opposite one, or expired), SelfApprovalForbidden and the Retryable… errors.
    """
    if answer.approved and not allow_self_approval:
        check_approver(ledger.get(run_id), caller)
    decision = Decision(**dict(answer), caller=caller, at=clock.now())
    # Recorded before the execution resumes, so no decision takes effect unrecorded; a retry completes a partial
    # failure.
    record = approvals.decide(run_id, decision)
    if record.status is RunStatus.AWAITING_APPROVAL:
        record = _resume(run_id, decision, ledger, approvals, executions)
    if too_late(record):
        raise TransitionRefused(f"{run_id} expired before the decision, and has ended as {record.status}")
    return record


def _resume(run_id: str, decision: Decision, ledger: Ledger, approvals: Approvals, executions: Executions) -> RunRecord:
    resumed = executions.send_task_success(approvals.token(run_id), outcome(decision).model_dump(mode="json"))
    now = ledger.get(run_id)
    if not resumed and now.status is RunStatus.AWAITING_APPROVAL:
        raise RetryableServiceError(
            f"the execution of {run_id} does not wait for an answer yet, or is ending; try again"
        )
    return now
