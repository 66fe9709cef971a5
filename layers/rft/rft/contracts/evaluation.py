"""Base against tuned model on the test split."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from rft.contracts.agreement import Agreement, Interval
from rft.contracts.base import Contract, RunId, TextBlock, TextLine
from rft.contracts.sampling import SamplingProtocol

EvaluationStatus = Literal["running", "completed", "failed", "cancelled", "skipped"]
Verdict = Literal["better", "worse", "no_difference_shown", "underpowered"]
ModelName = Literal["base", "tuned"]


class ProtocolSummary(Contract):
    """How both models were sampled; `digest` is that of all settings."""

    digest: str
    settings: SamplingProtocol
    samples_per_row: int
    rows_digest: str = Field(description="sha256 of the ids of the chosen rows, in order.")
    unmatched: tuple[str, ...] = Field(description="Settings that differ from training.")


class AuditSummary(Contract):
    """The same answers by a judge of another family."""

    judge: TextLine
    status: Literal["completed", "failed"]
    reason: TextBlock = ""
    verdict: Verdict | None = None
    agrees: bool | None = Field(default=None, description="Whether its verdict is that of the run's own grader.")
    rows: int = 0
    difference: float | None = None
    interval: Interval | None = None


class RoundComparison(Contract):
    """A round's model against that of the round before, by their scores of the same test rows.

    `difference` is this round's minus the one before; `interval` (95 %) counts a prompt group's rows as one draw.
    """

    run_id: RunId = Field(description="The run before.")
    status: Literal["completed", "skipped"]
    reason: TextBlock = Field(default="", description="Why the two cannot be compared.")
    verdict: Verdict | None = None
    rows: int = 0
    previous: float | None = Field(default=None, description="Mean score of the model before.")
    tuned: float | None = Field(default=None, description="Mean score of this round's model on the same rows.")
    difference: float | None = None
    interval: Interval | None = None
    p_value: float | None = None


class EvaluationSummary(Contract):
    """A run's `evaluation`. `base`, `tuned`: mean scores of the same rows; `difference`: tuned minus base.

    `interval` (95 %) and `p_value` count the rows of a prompt group as one draw. `verdict` follows from the interval.
    """

    status: EvaluationStatus
    reason: TextBlock = Field(default="", description="Why it failed or was skipped, or what a verdict rests on.")
    report_uri: str | None = None
    verdict: Verdict | None = None
    rows: int = Field(default=0, description="Rows that both models have a score for.")
    groups: int = 0
    base: float | None = None
    tuned: float | None = None
    difference: float | None = None
    interval: Interval | None = None
    p_value: float | None = None
    minimum_detectable: float | None = Field(
        default=None, description="The smallest difference that these rows show with a chance of 80 %."
    )
    minimum_gain: float = 0.0
    hypothesis: Literal["superiority", "non_inferiority"] = "superiority"
    protocol: ProtocolSummary | None = None
    audit: AuditSummary | None = Field(default=None, description="By evaluation.audit_judge, where it was requested.")
    previous: RoundComparison | None = Field(default=None, description="For a run with from_run.")
    judge_calls: int = Field(default=0, description="By the grader's own count, the audit judge's included.")
    deployment_arn: str | None = Field(default=None, description="The deployment during its evaluation.")
    simulated: bool = Field(default=False, description="The answers came from the emulator, not from Bedrock.")


class EvaluatedRow(Contract):
    """One row's mean scores."""

    row_id: str
    group: str
    base_score: float
    tuned_score: float


class UnscoredRow(Contract):
    """A row that at least one model has no score for: an error is never a score."""

    row_id: str
    model: ModelName
    reason: str


class SliceDifference(Contract):
    """The difference in a part of the rows; `adjusted_p` is Holm's over all slices."""

    kind: str
    name: str
    rows: int
    difference: float
    interval: Interval | None
    adjusted_p: float | None


class McNemarTest(Contract):
    """Rows that one model alone solves; not `valid` where prompt groups hold several rows."""

    only_base: int
    only_tuned: int
    p_value: float
    valid: bool
    solved_score: float


class ChangedRows(Contract):
    """Rows that only one of the models solves; max 10 ids each, the largest change first."""

    regressions: int
    improvements: int
    regressed: tuple[str, ...]
    improved: tuple[str, ...]


class ModelUse(Contract):
    """One model's answers."""

    model_id: str
    answers: int
    errors: int
    truncated: int
    empty: int
    mean_characters: float | None
    input_tokens: int
    output_tokens: int
    p50_seconds: float | None
    p95_seconds: float | None


class SwappedVerdicts(Contract):
    """Pairs of verdicts that stay the same preference when the two responses change places."""

    consistent: int
    n: int
    interval: Interval


class JudgeAgreement(Contract):
    """A model's verdicts against the majority of annotators, each annotator, and itself with responses swapped."""

    majority: Agreement
    annotators: tuple[Agreement, ...]
    swapped: SwappedVerdicts | None


class PublishedBaseline(Contract):
    """A judge's or rule's figures on the whole of PandaLM's test set (999 rows)."""

    name: str
    accuracy: float | None = None
    macro_f1: float | None = None
    kappa: float | None = None


class EvaluationReport(Contract):
    """`runs/<run_id>/evaluation.json`. `summary` is the run's `evaluation`."""

    schema_version: Literal[1] = 1
    run_id: str
    summary: EvaluationSummary
    rows: tuple[EvaluatedRow, ...]
    unscored: tuple[UnscoredRow, ...]
    effect_size: float | None = Field(description="Cohen's d of the paired scores.")
    mcnemar: McNemarTest
    slices: tuple[SliceDifference, ...]
    changes: ChangedRows
    models: dict[ModelName, ModelUse]
    agreement: dict[ModelName, JudgeAgreement] | None = Field(description="For tasks that compare two responses.")
    published: tuple[PublishedBaseline, ...] = ()
