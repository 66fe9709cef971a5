"""Derives domain events from a change of a run's record. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from rft.contracts.checks import CheckResult
from rft.contracts.deployments import PromotionSummary
from rft.contracts.ledger import RunEvent, RunRecord
from rft.contracts.outbound.domain_events import (
    DomainEvent,
    EventKind,
    PromotionResult,
    RequestedApproval,
    SmokeTestResult,
    StatusChange,
)
from rft.contracts.smoke_test import SmokeTestSummary
from rft.runs.cost_so_far import cost_so_far
from rft.runs.simulated import is_emulated
from rft.runs.status import TERMINAL

Part = tuple[EventKind, dict[str, Any]]
"""An event kind and the corresponding field of DomainEvent."""


def domain_events(
    before: RunRecord | None, after: RunRecord, event: RunEvent, *, sent: int, since: datetime | None
) -> tuple[DomainEvent, ...]:
    """The events of one write, numbered after the `sent` earlier ones of the run; may be empty.

    `event` is the status change of the write; `since`: when the run got its previous status, None if unknown.
    """
    return tuple(
        DomainEvent(
            id=f"{after.run_id}/{number}",
            sequence=number,
            kind=kind,
            at=event.at,
            run_id=after.run_id,
            name=after.name,
            status=after.status,
            tags=after.request.tags,
            simulated=is_emulated(after),
            **part,
        )
        for number, (kind, part) in enumerate(_parts(before, after, event, since), start=sent + 1)
    )


def _parts(before: RunRecord | None, after: RunRecord, event: RunEvent, since: datetime | None) -> Iterator[Part]:
    """Result events precede the status change that they caused; results reused from an earlier run give no event."""
    if before is not None:
        yield from _results(before, after)
    if event.before is not event.after:
        yield EventKind.STATUS, {"change": _status_change(after, event, since)}
    if after.approval is not None and (before is None or before.approval is None):
        request = RequestedApproval(reasons=after.approval.reasons, expires_at=after.approval.expires_at)
        yield EventKind.APPROVAL, {"approval": request}


def _results(before: RunRecord, after: RunRecord) -> Iterator[Part]:
    if after.smoke_test is not None and after.smoke_test != before.smoke_test:
        yield EventKind.SMOKE_TEST, {"smoke_test": _smoke_test_result(after.smoke_test)}
    for finding in after.breaker:
        if finding not in before.breaker:
            yield EventKind.BREAKER, {"breaker": finding}
    evaluation = after.evaluation
    if evaluation and evaluation.status != "running" and evaluation != before.evaluation:
        yield EventKind.EVALUATION, {"evaluation": evaluation}
    promotion = after.promotion
    if promotion and promotion.status != "running" and promotion != before.promotion:
        yield EventKind.PROMOTION, {"promotion": _promotion_result(promotion)}


def _status_change(after: RunRecord, event: RunEvent, since: datetime | None) -> StatusChange:
    change = StatusChange(
        before=event.before,
        after=event.after,
        seconds=(event.at - since).total_seconds() if since else None,
        caller=event.caller,
    )
    if after.status not in TERMINAL:
        return change
    ended = {
        "failure": after.failure,
        "model_arn": after.model_arn,
        "reward": after.reward,
        "job_hours": after.job.hours if after.job else None,
        "judge_cost_usd": cost_so_far(after).parts.get("judge"),
    }
    return change.model_copy(update=ended)


def _smoke_test_result(smoke_test: SmokeTestSummary) -> SmokeTestResult:
    return SmokeTestResult(
        trusted=smoke_test.trusted,
        reasons=smoke_test.reasons,
        blocking=tuple(check.name for check in smoke_test.checks if check.result is CheckResult.BLOCK),
        report_uri=smoke_test.report_uri,
    )


def _promotion_result(promotion: PromotionSummary) -> PromotionResult:
    return PromotionResult(
        status=promotion.status,
        deployment=promotion.deployment,
        deployment_arn=promotion.deployment_arn,
        previous_model_arn=promotion.previous_model_arn,
        reason=promotion.reason,
    )
