"""`report.json`: all results of a run, from its record and the files of its steps."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from rft.contracts.base import Contract, SplitName, TextBlock, TextLine, TextLines
from rft.contracts.breaker import Finding
from rft.contracts.calibration import CalibrationSlice, CalibrationSummary
from rft.contracts.checks import Check, CheckSummary
from rft.contracts.dataset import Recommendation
from rft.contracts.evaluation import ChangedRows, EvaluationSummary, McNemarTest, ModelName, ModelUse, SliceDifference
from rft.contracts.experiments.pilot import PilotSummary
from rft.contracts.forecast import CostLine, Forecast, Range
from rft.contracts.ledger import DatasetSummary, Failure, JobSummary, RunEvent, RunStatus
from rft.contracts.metrics import TrainingMetrics
from rft.contracts.run_request import RunRequest
from rft.contracts.smoke_test import JudgeWork, SmokeTestSummary

Tone = Literal["good", "bad", "neutral"]


class Headline(Contract):
    """The run's result in one sentence; `tone` marks it as good or bad."""

    sentence: TextBlock
    tone: Tone


class SplitReport(Contract):
    """Rows of one split's file."""

    name: SplitName
    rows: int
    groups: int
    bytes: int
    digest: str
    labels: dict[str, int]


class ForecastLine(Contract):
    """One forecast figure compared with the actual value; None if unknown."""

    name: str
    unit: str
    forecast: Range | None
    actual: float | None


class RolloutExample(Contract):
    """One rollout; texts are included only if the stack captures answers."""

    id: TextLine
    task_id: TextLine | None
    split: SplitName | None
    at: datetime
    score: float
    answer_length: int | None
    components: dict[str, float]
    prompt: TextBlock | None = None
    answer: TextBlock | None = None


class RolloutExamples(Contract):
    """The highest- and lowest-scored rollouts of those read: all, or a sample at even intervals over the run's time."""

    rollouts_read: int
    objects_read: int
    objects: int | None = Field(description="All stored objects; null in a large run, where only a part is listed.")
    unreadable: int
    highest: tuple[RolloutExample, ...]
    lowest: tuple[RolloutExample, ...]

    def without_texts(self) -> RolloutExamples:
        """A copy without prompts and answers."""
        empty = {"prompt": None, "answer": None}
        highest, lowest = (
            tuple(each.model_copy(update=empty) for each in part) for part in (self.highest, self.lowest)
        )
        return self.model_copy(update={"highest": highest, "lowest": lowest})


class ChangedRow(Contract):
    """A test row that exactly one model solves; texts are included only if the stack captures answers."""

    row_id: TextLine
    base_score: float
    tuned_score: float
    prompt: TextBlock | None = None
    base_answer: TextBlock | None = None
    tuned_answer: TextBlock | None = None


class EvaluationDetail(Contract):
    """Figures of `evaluation.json` beyond its summary."""

    effect_size: float | None
    mcnemar: McNemarTest
    slices: tuple[SliceDifference, ...]
    changes: ChangedRows
    unscored: int
    models: dict[ModelName, ModelUse]
    regressions: tuple[ChangedRow, ...]
    improvements: tuple[ChangedRow, ...]


class Lineage(Contract):
    """Digests and versions needed to reproduce the run and to trace every figure."""

    source_uri: str
    source_version: str | None = None
    source_digest: str | None = None
    dataset_digest: str | None = None
    base_model: str
    grader_arn: str | None = None
    grader_code_sha256: str | None = None
    judge_models: TextLines = ()
    judge_prompt: str | None = None
    sampling_protocol: str | None = None
    test_rows_digest: str | None = None
    execution_arn: str | None = None
    job_arn: str | None = None
    model_arn: str | None = None


class ReportLink(Contract):
    """An `s3://` URI or an AWS console page."""

    label: str
    address: str


class RunReport(Contract):
    """Content of `runs/<run_id>/report.json`; deterministic for a given run.

    Sections are None if their step has not run. `unreadable` names files that could not be read, with the reason; their
    content is missing.
    """

    schema_version: Literal[1] = 1
    run_id: str
    name: str
    status: RunStatus
    headline: Headline
    simulated: bool = Field(description="Training or answers were produced by the emulator, not by Bedrock.")
    answers_captured: bool
    created_at: datetime
    timeline: tuple[RunEvent, ...] = Field(description="Status changes up to the run's end.")
    failure: Failure | None
    request: RunRequest
    dataset: DatasetSummary | None
    splits: tuple[SplitReport, ...]
    dataset_checks: tuple[CheckSummary, ...]
    smoke_test: SmokeTestSummary | None
    smoke_test_checks: tuple[Check, ...]
    smoke_test_judge: JudgeWork | None
    calibration: CalibrationSummary | None
    calibration_slices: tuple[CalibrationSlice, ...]
    hyperparameters: dict[str, Recommendation]
    forecast: Forecast | None
    forecast_lines: tuple[ForecastLine, ...]
    job: JobSummary | None
    metrics: TrainingMetrics | None
    breaker: tuple[Finding, ...]
    evaluation: EvaluationSummary | None
    evaluation_detail: EvaluationDetail | None
    pilot: PilotSummary | None = None
    rollouts: RolloutExamples | None
    cost: tuple[CostLine, ...]
    judge_cost_usd: float | None = Field(description="The job's judge tokens at the forecast's price: an estimate.")
    lineage: Lineage
    files: tuple[ReportLink, ...]
    links: tuple[ReportLink, ...]
    unreadable: TextLines = ()
