"""Input and output of every step: references, never data (Step Functions' maximum payload is 256 KB)."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from rft.contracts.base import Contract, RunId
from rft.contracts.evaluation import ModelName, Verdict
from rft.contracts.job import JobLimits
from rft.contracts.run_request import HyperParameters, RunRequest


class RunInput(Contract):
    """Fields of the execution's input that every step receives."""

    run_id: RunId
    request: RunRequest


class PreparedDataset(Contract):
    """prepare_dataset's output. URIs refer to the row files; `digest` is the manifest's."""

    manifest_uri: str
    digest: str
    train_uri: str
    validation_uri: str
    train_rows: int
    validation_rows: int
    hyperparameters: HyperParameters


class StartPoint(Contract):
    """Which step an execution starts with if not PrepareDataset, and the outputs of the steps before it.

    With stage `smoke_test` or `training` the first steps run but reuse the given rows, and with `training` also the
    tested grader. `calibrated`: the earlier run's calibration is reused as well.
    """

    stage: Literal["smoke_test", "training", "evaluation", "promotion"]
    dataset: PreparedDataset
    grader_arn: str
    calibrated: bool = False


class ExecutionInput(RunInput):
    start: StartPoint | None = None


class SmokeTestInput(ExecutionInput):
    """smoke_test_grader's input. `completed_parts`: parts whose probes are scored.

    `start`: reuse an earlier run's test.
    """

    dataset: PreparedDataset
    completed_parts: int = Field(default=0, ge=0)


class SmokeTestOutcome(Contract):
    """smoke_test_grader's output once all probes are scored.

    `cause` joins the reasons if the grader is not trusted. `error` names the kind of rejection: `OverBudget` if
    `max_judge_calls` is too low for the test. `needs_approval`: reasons for an approval before training; empty if none
    is needed.
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
    run_id: RunId


class CalibrateInput(RunInput):
    """calibrate_base's input. `completed_chunks`: number of answer chunks that are stored."""

    dataset: PreparedDataset
    grader_arn: str
    completed_chunks: int = Field(default=0, ge=0)


class CalibrationOutcome(Contract):
    """calibrate_base's output.

    `blocked`: the dataset gives no training signal (`cause`) and the request does not accept that. `dataset` has the
    recommended hyperparameters for those that the request does not set, and the train file without rows that
    `dataset.difficulty` removes. `pending`: not all answers fit into one invocation; the step is repeated with
    `completed_chunks`.
    """

    dataset: PreparedDataset
    blocked: bool
    cause: str = ""
    pending: bool = False
    completed_chunks: int = 0


class ForecastInput(RunInput):
    """forecast_run's input: a dataset and a trusted grader. `calibration_error`: why calibration failed."""

    dataset: PreparedDataset
    smoke_test: SmokeTestOutcome
    calibration_error: str = ""


class ForecastOutcome(Contract):
    """forecast_run's output.

    `needs_approval`: reasons for an approval, including exceeded limits. Not `affordable`: the run may exceed its
    request's limits (`cause`), and the request rejects such runs.
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
    """Input of the state machine after a decision. `cause`: who rejected the run, and why."""

    approved: bool
    cause: str = ""


class UploadOutcome(Contract):
    """start_from_upload's output: the upload's run, or why there is none; both empty for objects that start no run."""

    run_id: RunId | None = None
    problems: tuple[str, ...] = ()


class StartTrainingInput(RunInput):
    dataset: PreparedDataset
    grader_arn: str


class StartedJob(Contract):
    """start_training's output. Without a job, the run waits for the job quota: `wait_seconds`, or until it is woken."""

    job_arn: str | None
    created_at: datetime | None = None
    wait_seconds: int = 0


class WaitInput(Contract):
    """Input of wait_for_training and wait_for_quota; `task_token` ends the wait."""

    run_id: RunId
    task_token: str = Field(min_length=1, repr=False)


class WaitBegun(Contract):
    """Output of a wait's function. No state reads it: the task token ends the wait."""

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
    """check_training's output.

    `outcome` is None while the job runs; `error` and `cause` say why it did not complete. `close_watch`: the job is in
    its first hours and is polled at least every six minutes.
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
    """The chunks of one model's answers that one function samples and grades: `chunks` chunks from index `first` on."""

    model: ModelName
    first: int = Field(ge=0)
    chunks: int = Field(ge=1)


class DeployedModel(Contract):
    """deploy_model's output. Without a deployment there is no evaluation, and the record states the reason."""

    deployment_arn: str | None
    parts: tuple[EvaluationPart, ...] = ()


class CheckDeploymentInput(Contract):
    run_id: RunId
    deployment_arn: str


class DeploymentCheck(Contract):
    """check_deployment's output; a failed deployment is an error."""

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
    """compare_models' output. `promoted`: whether to promote the model to the request's deployment."""

    verdict: Verdict
    promoted: bool = False


class PromoteModelInput(RunInput):
    """promote_model's input."""


class CheckPromotionInput(RunInput):
    dataset: PreparedDataset
    grader_arn: str


class PromotionCheck(Contract):
    """check_promotion's output. `ended`: the deployment serves the new model, or the previous one again."""

    ended: bool


class RunOutcome(Contract):
    """record_outcome's input: how the run ended.

    `error` is a name, `cause` the full text; both are '' on COMPLETED. COMPLETED with an error means that there is a
    model but its evaluation failed.
    """

    run_id: RunId
    status: Literal["COMPLETED", "FAILED", "REJECTED", "CANCELLED"]
    error: str = ""
    cause: str = ""


class WrittenReport(Contract):
    """write_report's output; its input is the same as record_outcome's."""

    report_uri: str
