"""Ends a run: closes the record once, stops the job, publishes one notification. Takes ports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from rft.contracts.deployments import PromotionSummary
from rft.contracts.evaluation import EvaluationSummary
from rft.contracts.http.principal import Principal
from rft.contracts.ledger import Failure, RunRecord, RunStatus
from rft.errors import TransitionRefused
from rft.ports.runs import Ledger
from rft.ports.storage import Notifier
from rft.ports.training import TrainingJobs
from rft.runs.status import TERMINAL
from rft.runs.topic_messages import outcome_message
from rft.training.stop_job import stop_job_if_present

EndFields = Mapping[str, Failure | EvaluationSummary | PromotionSummary]
"""Fields of the record that describe how the run ended."""


def finish_run(
    record: RunRecord, status: RunStatus, *, error: str, cause: str, ledger: Ledger, caller: Principal | None = None
) -> RunRecord:
    """Returns the ended run, whether ended by this call or an earlier one.

    Raises TransitionRefused for a forbidden change.

    A run with a trained model becomes COMPLETED even if its evaluation is cancelled or fails. `caller`: who ended the
    run, if not the run itself.
    """
    if record.status in TERMINAL:
        return record
    evaluating = record.status is RunStatus.EVALUATING
    to = _end_status(record, status)

    def changes(last: RunRecord) -> EndFields:
        # The stage at the time of the write, which may be later than that of `record`.
        fields = _end_fields(last, to, status, error, cause)
        return _called_by(caller, fields) if caller else fields

    try:
        return ledger.transition(record.run_id, to, detail=cause, changes=changes, caller=caller)
    except TransitionRefused:
        last = ledger.get(record.run_id)
        if last.status in TERMINAL:
            return last
        if evaluating or last.status is not RunStatus.EVALUATING:
            raise
        # The run has started its evaluation in the meantime.
        return finish_run(last, status, error=error, cause=cause, ledger=ledger, caller=caller)


def as_finished(record: RunRecord, status: RunStatus, *, error: str, cause: str) -> RunRecord:
    """The record as `finish_run` would leave it, without writing; an ended record is returned unchanged."""
    if record.status in TERMINAL:
        return record
    to = _end_status(record, status)
    return record.model_copy(update={"status": to, **_end_fields(record, to, status, error, cause)})


def _end_status(record: RunRecord, status: RunStatus) -> RunStatus:
    return RunStatus.COMPLETED if record.status is RunStatus.EVALUATING else status


def _called_by(caller: Principal, fields: EndFields) -> EndFields:
    failure = fields.get("failure")
    if not isinstance(failure, Failure):
        return fields
    return {**fields, "failure": failure.model_copy(update={"caller": caller})}


def _end_fields(last: RunRecord, to: RunStatus, status: RunStatus, error: str, cause: str) -> EndFields:
    if to is not RunStatus.COMPLETED:
        return {"failure": Failure(stage=last.status, error=error, cause=cause)}
    return _measurements(last, status, error, cause) if error else {}


def _measurements(
    last: RunRecord, status: RunStatus, error: str, cause: str
) -> Mapping[str, EvaluationSummary | PromotionSummary]:
    """Fields of an evaluation or promotion that was interrupted; completed ones do not change."""
    ended: Literal["cancelled", "failed"] = "cancelled" if status is RunStatus.CANCELLED else "failed"
    reason = f"{error}: {cause}" if cause else error
    if last.evaluation is None or last.evaluation.status != "completed":
        return {"evaluation": EvaluationSummary(status=ended, reason=reason)}
    promotion, requested = last.promotion, last.request.promotion
    if promotion is None and requested is not None:
        promotion = PromotionSummary(status="running", deployment=requested.deployment)
    if promotion is None or promotion.status != "running":
        return {}
    return {"promotion": promotion.model_copy(update={"status": ended, "reason": reason})}


def stop_run_job(record: RunRecord, jobs: TrainingJobs) -> None:
    """Stops the run's job if it exists, even if the ledger does not know it: the job has the run's name."""
    stop_job_if_present(record.job.arn if record.job else record.run_id, jobs)


def notify_finished(record: RunRecord, ledger: Ledger, notifier: Notifier) -> None:
    """Publishes how the run ended, if the request or the stack asks for it and it has not been published."""
    requested = record.request.notify.on
    if record.notified or record.status not in (notifier.ends if requested is None else requested):
        return
    # Published before the run is marked: after a crash in between, the next attempt marks it, so no message is lost.
    notifier.publish(outcome_message(record))
    ledger.mark_notified(record.run_id)
