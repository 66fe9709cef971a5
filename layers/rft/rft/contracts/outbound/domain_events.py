"""Domain events: a run's changes published on EventBridge, in `detail` of events with `source` rft."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import Field

from rft.contracts.base import Contract, TextBlock, TextLine, TextLines
from rft.contracts.breaker import Finding
from rft.contracts.evaluation import EvaluationSummary
from rft.contracts.http.principal import Principal
from rft.contracts.ledger import Failure, RunStatus

SOURCE = "rft"
"""EventBridge's `source`; AWS reserves names that begin with `aws.`."""


class EventKind(StrEnum):
    """EventBridge's `detail-type`."""

    STATUS = "RFT Run Status Change"
    SMOKE_TEST = "RFT Smoke Test Result"
    EVALUATION = "RFT Evaluation Result"
    BREAKER = "RFT Breaker Finding"
    APPROVAL = "RFT Approval Request"
    PROMOTION = "RFT Promotion Result"


class StatusChange(Contract):
    """A status transition; `before` is null for a new run. The fields after `after` are set for final statuses only."""

    before: RunStatus | None = None
    after: RunStatus
    seconds: float | None = Field(default=None, description="Time that the run spent in `before`.")
    caller: Principal | None = Field(default=None, description="Who caused it; null where the run itself did.")
    failure: Failure | None = None
    model_arn: str | None = None
    reward: float | None = Field(default=None, description="Mean reward of the last training step with a score.")
    job_hours: float | None = None
    judge_cost_usd: float | None = Field(
        default=None, description="Estimate, by counted tokens and the forecast's prices; null where one is unknown."
    )


class SmokeTestResult(Contract):
    """Result of the smoke test; `blocking` lists the blocking checks."""

    trusted: bool
    reasons: TextLines
    blocking: tuple[str, ...]
    report_uri: str


class RequestedApproval(Contract):
    """A run waits for a person's approval."""

    reasons: TextLines
    expires_at: datetime


class PromotionResult(Contract):
    """Outcome of a promotion."""

    status: str
    deployment: str
    deployment_arn: str | None = None
    previous_model_arn: str | None = None
    reason: TextBlock


class DomainEvent(Contract):
    """One change of a run; exactly the field that matches `kind` is set.

    Delivery is at least once and unordered: `id` is the same in every delivery, and `sequence` numbers a run's events
    from 1 without gaps.
    """

    version: Literal[1] = 1
    id: str = Field(description="`<run id>/<sequence>`")
    sequence: int = Field(ge=1)
    kind: EventKind
    at: datetime
    run_id: str
    name: TextLine
    status: RunStatus = Field(description="Status of the run after the change.")
    tags: dict[str, str]
    simulated: bool = Field(default=False, description="The job or the answers were produced by the emulator.")
    change: StatusChange | None = None
    smoke_test: SmokeTestResult | None = None
    evaluation: EvaluationSummary | None = None
    breaker: Finding | None = None
    approval: RequestedApproval | None = None
    promotion: PromotionResult | None = None
