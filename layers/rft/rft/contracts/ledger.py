"""Run records in the ledger, and their append-only history of changes."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from rft.contracts.base import Contract, TextBlock, TextLine, TextLines
from rft.contracts.breaker import Finding
from rft.contracts.calibration import CalibrationSummary
from rft.contracts.checks import CheckSummary
from rft.contracts.dataset import Recommendation, TokenStatistics
from rft.contracts.deployments import JudgeSummary, PromotionSummary
from rft.contracts.evaluation import EvaluationSummary
from rft.contracts.experiments.pilot import PilotSummary
from rft.contracts.experiments.rounds import RoundSummary
from rft.contracts.forecast import Forecast
from rft.contracts.http.principal import Principal
from rft.contracts.job import JobStatus, Phases
from rft.contracts.metrics import Reading, TrainingMetrics
from rft.contracts.run_request import RunRequest
from rft.contracts.smoke_test import Calls, SmokeTestSummary


class RunStatus(StrEnum):
    """A run's status; `rft.runs.status` defines the allowed transitions."""

    PENDING = "PENDING"
    PREPARING = "PREPARING"
    SMOKE_TESTING = "SMOKE_TESTING"
    CALIBRATING = "CALIBRATING"
    AWAITING_APPROVAL = "AWAITING_APPROVAL"
    STARTING = "STARTING"
    TRAINING = "TRAINING"
    EVALUATING = "EVALUATING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    REJECTED = "REJECTED"
    CANCELLED = "CANCELLED"


class DatasetSummary(Contract):
    """Manifest figures for displays."""

    manifest_uri: str
    digest: str
    rows: dict[str, int] = Field(description="Rows by split.")
    groups: dict[str, int] = Field(description="Number of distinct prompts by split.")
    labels: dict[str, int]
    tokens: TokenStatistics
    warnings: dict[str, int]
    bad_records: int
    round: RoundSummary | None = Field(default=None, description="Only for a run with from_run.")


class QueuePlace(Contract):
    """A run's place in the FIFO queue for the job quota, ordered by `since`.

    `waiting`: a job was refused, or other runs are ahead. The place is kept in the record after the run has its job.
    """

    since: datetime
    expires_at: datetime
    waiting: bool = False


class JobSummary(Contract):
    """The job at the last poll. `hours`: since its creation; `not_started_hours`: before training started."""

    arn: str
    status: JobStatus
    phases: Phases
    hours: float
    not_started_hours: float = Field(
        default=0.0,
        description="Hours at the last poll with training NotStarted.",
    )
    checks: int = Field(default=0, description="Number of polls.")


class Failure(Contract):
    """Why a run did not complete: its stage, an error name and the full cause.

    `caller`: who cancelled it; None otherwise.
    """

    stage: RunStatus
    error: TextLine
    cause: TextBlock
    caller: Principal | None = None


class Decision(Contract):
    """A person's decision. `by` and `comment` are free text; `caller` is the verified identity."""

    approved: bool
    by: TextLine
    comment: TextLine
    caller: Principal
    at: datetime


class Approval(Contract):
    """A wait for approval: reasons, expiry, and the decision once made."""

    reasons: TextLines
    requested_at: datetime
    expires_at: datetime
    decision: Decision | None = None


class RunRecord(Contract):
    """One run. Sections are None until their step has run."""

    run_id: str
    name: str
    status: RunStatus
    request: RunRequest
    requested_by: Principal | None = Field(default=None, description="Verified identity of the caller that started it.")
    created_at: datetime
    updated_at: datetime
    execution_arn: str | None = None
    grader_arn: str | None = Field(
        default=None, description="Called by all steps; a published version for graders of this stack."
    )
    grader_code_sha256: str | None = Field(default=None, description="Lambda's CodeSha256 of the grader.")
    judge: JudgeSummary | None = None
    dataset: DatasetSummary | None = None
    dataset_checks: tuple[CheckSummary, ...] | None = None
    hyperparameters: dict[str, Recommendation] | None = None
    smoke_test_calls: Calls | None = Field(
        default=None, description="Upper bound of the smoke test's grader calls, computed before the first one."
    )
    smoke_test: SmokeTestSummary | None = None
    calibration: CalibrationSummary | None = None
    forecast: Forecast | None = None
    approval: Approval | None = None
    queue: QueuePlace | None = Field(
        default=None, description="Its place in the queue for the job quota, set from STARTING on."
    )
    job: JobSummary | None = None
    metrics: TrainingMetrics | None = None
    reading: Reading | None = None
    reward: float | None = Field(default=None, description="Mean reward of the last training step with a score.")
    breaker: tuple[Finding, ...] = Field(
        default=(),
        description="Findings of the breaker, once per signal; the first one with action stop ended the job.",
    )
    model_arn: str | None = None
    evaluation: EvaluationSummary | None = None
    promotion: PromotionSummary | None = None
    pilot: PilotSummary | None = Field(default=None, description="Only in mode pilot; set from the forecast on.")
    failure: Failure | None = None
    notified: bool = Field(default=False, description="Whether its outcome was published to the topic.")

    @property
    def waits_for_quota(self) -> bool:
        """True while it is in the queue for the job quota; most runs start without waiting."""
        return self.status is RunStatus.STARTING and self.queue is not None and self.queue.waiting


class RunEvent(Contract):
    """One status change, never modified.

    `caller`: who caused it, null if the run itself; `by`: an approver's stated name.
    """

    at: datetime
    before: RunStatus | None
    after: RunStatus
    detail: TextBlock = ""
    caller: Principal | None = None
    by: TextLine = ""


class UploadRejection(Contract):
    """A rejected upload: its object, and validation errors by field."""

    bucket: str
    key: str
    version: str
    at: datetime
    problems: TextLines
