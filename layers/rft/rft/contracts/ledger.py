"""Run records: a run in the ledger, and the append-only history of its changes."""

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
    """A run's status; `rft.runs.status` says which may follow which."""

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
    """Figures of the manifest for screens."""

    manifest_uri: str
    digest: str
    rows: dict[str, int] = Field(description="Rows by split.")
    groups: dict[str, int] = Field(description="Distinct prompts by split.")
    labels: dict[str, int]
    tokens: TokenStatistics
    warnings: dict[str, int]
    bad_records: int
    round: RoundSummary | None = Field(default=None, description="For a run with from_run.")


class QueuePlace(Contract):
    """A run's wait for the quota of jobs: first come, first served, by `since`.

    `waiting`: a job was refused, or others are ahead. The place stays in the record once the run has its job.
    """

    since: datetime
    expires_at: datetime
    waiting: bool = False


class JobSummary(Contract):
    """The job at the last poll. `hours`: since its creation; `not_started_hours`: the part before training."""

    arn: str
    status: JobStatus
    phases: Phases
    hours: float
    not_started_hours: float = Field(
        default=0.0,
        description="Its hours at the last poll that saw training NotStarted.",
    )
    checks: int = Field(default=0, description="How often the status was read.")


class Failure(Contract):
    """Why a run did not complete: its stage, an error name, and the full cause.

    `caller` ended it; None where nobody did.
    """

    stage: RunStatus
    error: TextLine
    cause: TextBlock
    caller: Principal | None = None


class Decision(Contract):
    """A person's decision. `by` and `comment` are free text; `caller` is the identity that the API verified."""

    approved: bool
    by: TextLine
    comment: TextLine
    caller: Principal
    at: datetime


class Approval(Contract):
    """A wait for approval: reasons, expiry, and the decision once there is one."""

    reasons: TextLines
    requested_at: datetime
    expires_at: datetime
    decision: Decision | None = None


class RunRecord(Contract):
    """One run. Parts are None until their step has run."""

    run_id: str
    name: str
    status: RunStatus
    request: RunRequest
    requested_by: Principal | None = Field(default=None, description="Who started it, as AWS verified it.")
    created_at: datetime
    updated_at: datetime
    execution_arn: str | None = None
    grader_arn: str | None = Field(default=None, description="A version for graders of this stack; all steps call it.")
    grader_code_sha256: str | None = Field(default=None, description="Lambda's CodeSha256 of the grader's own code.")
    judge: JudgeSummary | None = None
    dataset: DatasetSummary | None = None
    dataset_checks: tuple[CheckSummary, ...] | None = None
    hyperparameters: dict[str, Recommendation] | None = None
    smoke_test_calls: Calls | None = Field(
        default=None, description="Upper bound of the smoke test's grader calls, known before the first one."
    )
    smoke_test: SmokeTestSummary | None = None
    calibration: CalibrationSummary | None = None
    forecast: Forecast | None = None
    approval: Approval | None = None
    queue: QueuePlace | None = Field(default=None, description="Its wait for the quota of jobs, from STARTING on.")
    job: JobSummary | None = None
    metrics: TrainingMetrics | None = None
    reading: Reading | None = None
    reward: float | None = Field(default=None, description="Mean reward of the last training step with a score.")
    breaker: tuple[Finding, ...] = Field(
        default=(), description="Findings of the breaker, once per signal; the first with action stop ended the job."
    )
    model_arn: str | None = None
    evaluation: EvaluationSummary | None = None
    promotion: PromotionSummary | None = None
    pilot: PilotSummary | None = Field(default=None, description="Of mode pilot, from its forecast on.")
    failure: Failure | None = None
    notified: bool = Field(default=False, description="Whether its outcome was sent to the topic.")

    @property
    def waits_for_quota(self) -> bool:
        """True while it is in the queue for the quota of jobs; most runs are started at once."""
        return self.status is RunStatus.STARTING and self.queue is not None and self.queue.waiting


class RunEvent(Contract):
    """One change of status, never rewritten.

    `caller` is who caused it, null where the run itself did; `by` is the name that they gave with an approval.
    """

    at: datetime
    before: RunStatus | None
    after: RunStatus
    detail: TextBlock = ""
    caller: Principal | None = None
    by: TextLine = ""


class UploadRejection(Contract):
    """An upload that started no run: its object, and its problems by field."""

    bucket: str
    key: str
    version: str
    at: datetime
    problems: TextLines
