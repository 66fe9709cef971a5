"""Input and output of every step: references, never data (max payload of Step Functions: 256 KB)."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from rft.contracts.base import Contract, RunId
from rft.contracts.evaluation import ModelName, Verdict
from rft.contracts.job import JobLimits
from rft.contracts.run_request import HyperParameters, RunRequest


class RunInput(Contract):
    """Fields of the execution's input that every step gets."""

    run_id: RunId
    request: RunRequest


class PreparedDataset(Contract):
    """prepare_dataset's output. URIs point at the rows; digest is the manifest's."""

    manifest_uri: str
    digest: str
    train_uri: str
    validation_uri: str
    train_rows: int
    validation_rows: int
    hyperparameters: HyperParameters


class StartPoint(Contract):
    """An execution's first step, if it is not PrepareDataset, and the output of the steps before it.

    With stage `smoke_test` or `training` the first steps run and reuse what is here: the rows, and with `training`
    the proven grader.
    `calibrated`: the earlier run's calibration holds for this run, too.
    """

    stage: Literal["smoke_test", "training", "evaluation", "promotion"]
    dataset: PreparedDataset
    grader_arn: str
    calibrated: bool = False


class ExecutionInput(RunInput):
    start: StartPoint | None = None


class SmokeTestInput(ExecutionInput):
    """smoke_test_grader's input. `completed_parts`: parts of its probes that are scored.

    With `start`, the grader has been proven by an earlier run.
    """

    dataset: PreparedDataset
    completed_parts: int = Field(default=0, ge=0)


class SmokeTestOutcome(Contract):
    """smoke_test_grader's output once all probes are scored. `cause` joins the reasons when the grader is not trusted.

    `error` names the kind of a rejection: `OverBudget` where `max_judge_calls` is too low to prove the grader.
    `needs_approval` are the reasons for an approval before training; empty where none is needed.
    """

    trusted: bool
    grader_arn: str
    report_uri: str
    error: Literal["", "GraderNotTrusted", "OverBudget"] = ""
    cause: str = ""
    needs_approval: tuple[str, ...] = ()


class DeployJudgeInput(RunInput):
    """deploy_judge's input."""


class CheckJudgeInput(Contract):
    """check_judge's input."""

    run_id: RunId


class CalibrateInput(RunInput):
    """calibrate_base's input. `completed_chunks`: chunks of answers that are stored."""

    dataset: PreparedDataset
    grader_arn: str
    completed_chunks: int = Field(default=0, ge=0)


class CalibrationOutcome(Contract):
    """calibrate_base's output. `blocked`: the dataset gives no signal (`cause`), and the request does not accept that.

    `dataset` has the hyperparameters that calibration recommends where the request leaves them open, and the train file
    without rows that `dataset.difficulty` leaves out. `pending`: there are more answers than one function has time
    for; the step is repeated with `completed_chunks`.
    """

    dataset: PreparedDataset
    blocked: bool
    cause: str = ""
    pending: bool = False
    completed_chunks: int = 0


class ForecastInput(RunInput):
    """forecast_run's input: a dataset, and a trusted grader. `calibration_error` says why calibration failed."""

    dataset: PreparedDataset
    smoke_test: SmokeTestOutcome
    calibration_error: str = ""


class ForecastOutcome(Contract):
    """forecast_run's output. `needs_approval` are the reasons for an approval, exceeded limits among them.

    Not `affordable`: the run may exceed its request's limits (`cause`), and the request does not allow approval.
    """

    affordable: bool
    cause: str = ""
    needs_approval: tuple[str, ...] = ()


class ApprovalInput(Contract):
    """request_approval's input; `task_token` resumes the execution."""

    run_id: RunId
    task_token: str = Field(min_length=1, repr=False)
    reasons: tuple[str, ...] = Field(min_length=1)


class ApprovalOutcome(Contract):
    """The state machine's input after a decision. `cause` says who refused, and why."""

    approved: bool
    cause: str = ""


class UploadOutcome(Contract):
    """start_from_upload's output: the upload's run, or why there is none; neither for objects that never start one."""

    run_id: RunId | None = None
    problems: tuple[str, ...] = ()


class StartTrainingInput(RunInput):
    dataset: PreparedDataset
    grader_arn: str


class StartedJob(Contract):
    """start_training's output. Without a job the run waits for the quota, for `wait_seconds` unless it is woken."""

    job_arn: str | None
    created_at: datetime | None = None
    wait_seconds: int = 0


class WaitInput(Contract):
    """Input of wait_for_training and wait_for_quota; `task_token` ends the wait."""

    run_id: RunId
    task_token: str = Field(min_length=1, repr=False)


class WaitBegun(Contract):
    """Output of a wait's function. No state reads it: the wait ends with the token."""

    run_id: RunId


class CheckTrainingInput(Contract):
    run_id: RunId
    job_arn: str
    max_not_started_hours: float = Field(default=96, gt=0)
    max_training_hours: float = Field(gt=0)

    @property
    def limits(self) -> JobLimits:
        return JobLimits(not_started=self.max_not_started_hours, training=self.max_training_hours)


class TrainingCheck(Contract):
    """check_training's output. `outcome` is None while the job runs; error and cause say why it did not complete.

    `close_watch`: the job is in its first hours and is polled min every six minutes.
    """

    outcome: Literal["COMPLETED", "FAILED"] | None
    job_status: str
    phase: str
    hours: float
    close_watch: bool = True
    error: str = ""
    cause: str = ""


class DeployModelInput(RunInput):
    dataset: PreparedDataset


class EvaluationPart(Contract):
    """Chunks of one model's answers that one function samples and grades: `chunks` of them from number `first` on."""

    model: ModelName
    first: int = Field(ge=0)
    chunks: int = Field(ge=1)


class DeployedModel(Contract):
    """deploy_model's output. Without a deployment there is nothing to evaluate, and the record says why."""

    deployment_arn: str | None
    parts: tuple[EvaluationPart, ...] = ()


class CheckDeploymentInput(Contract):
    run_id: RunId
    deployment_arn: str


class DeploymentCheck(Contract):
    """check_deployment's output. A deployment that failed is an error."""

    status: Literal["Creating", "Active"]


class EvaluateModelInput(RunInput):
    """evaluate_model's input: one part of the answers."""

    dataset: PreparedDataset
    grader_arn: str
    deployment_arn: str
    part: EvaluationPart


class EvaluatedPart(Contract):
    """evaluate_model's output."""

    model: ModelName
    first: int
    answers: int


class CompareModelsInput(RunInput):
    dataset: PreparedDataset


class ModelComparison(Contract):
    """compare_models' output. `promoted`: the model is to take over the deployment that the request names."""

    verdict: Verdict
    promoted: bool = False


class PromoteModelInput(RunInput):
    """promote_model's input."""


class CheckPromotionInput(RunInput):
    dataset: PreparedDataset
    grader_arn: str


class PromotionCheck(Contract):
    """check_promotion's output. `ended`: the deployment serves the new model, or again what it served before."""

    ended: bool


class RunOutcome(Contract):
    """record_outcome's input: how the run ended. `error` is a name, `cause` the full text; both '' on COMPLETED.

    COMPLETED with an error: there is a model, and the evaluation failed.
    """

    run_id: RunId
    status: Literal["COMPLETED", "FAILED", "REJECTED", "CANCELLED"]
    error: str = ""
    cause: str = ""


class WrittenReport(Contract):
    """write_report's output; its input is record_outcome's."""

    report_uri: str
