"""A run's request: the body of `POST /runs` and the `run.json` next to an upload."""

from __future__ import annotations

import math
import re
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from rft.contracts.base import MAX_INT32, Number, RequestPart, RunId
from rft.contracts.breaker import BreakerRequest
from rft.contracts.experiments.rounds import RoundRequest
from rft.contracts.graders.rubric import RubricConfig
from rft.contracts.http.patterns import (
    HTTPS_URL,
    JUDGE_OF_RUN,
    LAMBDA_ARN,
    RESERVED_TAG_KEY,
    SLUG,
    SNAKE_CASE,
    TAG_KEY,
    TAG_VALUE,
    VERSION_ID,
)
from rft.contracts.measuring_request import CalibrationRequest, DifficultyRequest, EvaluationRequest, PromotionRequest
from rft.contracts.score_range import UNIT, ScoreBounds, ScoreRange
from rft.contracts.thresholds import ThresholdName

BASE_MODEL: Literal["amazon.nova-2-lite-v1:0:256k"] = "amazon.nova-2-lite-v1:0:256k"
"""The only model with reinforcement fine-tuning (Bedrock User Guide, rft-nova-models)."""

RunName = Annotated[str, StringConstraints(pattern=SLUG, max_length=38)]
"""38 characters leave room for the time and hash of a run id of max 63."""

TagValue = Annotated[str, StringConstraints(pattern=TAG_VALUE, max_length=256)]


def _unreserved(key: str) -> str:
    if re.match(RESERVED_TAG_KEY, key):
        raise ValueError("must not begin with aws:, which AWS reserves for itself")
    return key


TagKey = Annotated[str, StringConstraints(pattern=TAG_KEY, max_length=128), AfterValidator(_unreserved)]


class Mode(StrEnum):
    """`train` runs the job; `preflight` all but the job; `pilot` a job of few steps on a sample of the rows."""

    TRAIN = "train"
    PREFLIGHT = "preflight"
    PILOT = "pilot"


class Split(RequestPart):
    """How records are divided; the three shares add up to 1.

    `grouped` keeps records with the same prompt together, so validation rows are never training rows.
    `random` is `random.Random(seed).shuffle` in file order, for comparison with published notebooks only.
    """

    strategy: Literal["grouped", "random"] = "grouped"
    seed: int = Field(default=42, ge=0, le=2**32 - 1)
    train: Number = Field(default=0.8, gt=0, lt=1)
    validation: Number = Field(default=0.1, gt=0, lt=1)
    test: Number = Field(default=0.1, ge=0, lt=1)

    @model_validator(mode="after")
    def _shares_add_up(self) -> Self:
        if not math.isclose(self.train + self.validation + self.test, 1.0, abs_tol=1e-9):
            raise ValueError("train, validation and test must add up to 1")
        return self


class DatasetRequest(RequestPart):
    """Where the raw records are and how to read them. `task` names one of `rft.tasks`."""

    task: Annotated[str, StringConstraints(pattern=SNAKE_CASE)]
    uri: Annotated[str, StringConstraints(min_length=1, max_length=1024)]
    version: Annotated[str, StringConstraints(pattern=VERSION_ID, max_length=1024)] | None = Field(
        default=None, description="S3's version id: read exactly that version of the object. Default: the newest."
    )
    max_samples: int | None = Field(default=None, ge=1, le=MAX_INT32, description="Use only the first N records.")
    max_bad_records: int = Field(default=0, ge=0, le=MAX_INT32, description="Max bad records to skip.")
    split: Split = Split()
    difficulty: DifficultyRequest | None = Field(
        default=None, description="Train without rows that give no signal; needs calibration.rows all."
    )


JUDGING = ("pandalm", "rubric")
"""Graders of this stack that call a judge model."""


class GraderRequest(RequestPart):
    """The grader: `name` of one deployed with this stack, or `lambda_arn` of any other; not both.

    `config` is for the grader `rubric`: the criteria for rows without a rubric of their own.
    Scores are passed on to training as they are; checks and thresholds take them mapped from `score_range` to 0..1.
    """

    name: Annotated[str, StringConstraints(pattern=SNAKE_CASE)] | None = None
    lambda_arn: Annotated[str, StringConstraints(pattern=LAMBDA_ARN)] | None = None
    config: RubricConfig | None = None
    judge: Annotated[str, StringConstraints(pattern=JUDGE_OF_RUN, max_length=200)] | None = Field(
        default=None, description="A trained judge for pandalm or rubric: run:RUN_ID, or a deployment's ARN."
    )
    force: bool = Field(default=False, description="Take `judge` even without an evaluation that shows it is better.")
    score_range: ScoreRange | None = Field(
        default=None, strict=False, description="Lowest and highest score, such as [-1, 1]. Default: 0 to 1."
    )

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if (self.name is None) == (self.lambda_arn is None):
            raise ValueError("give either name or lambda_arn")
        if self.config is not None and self.name != "rubric":
            raise ValueError("config is for the grader rubric only")
        if self.judge is not None and self.name not in JUDGING:
            raise ValueError(f"judge is for the graders {' and '.join(JUDGING)} only")
        return self


class HyperParameters(RequestPart):
    """Bedrock's RFT hyperparameters under Bedrock's own names and limits (botocore, RFTHyperParameters).

    maxPromptLength and inferenceMaxTokens have no published limit; both are counted in tokens.
    """

    epochCount: int | None = Field(default=None, ge=1, le=50)
    batchSize: int | None = Field(default=None, ge=16, le=512)
    learningRate: float | None = Field(default=None, ge=1e-7, le=1e-3)
    maxPromptLength: int | None = Field(default=None, ge=1, le=MAX_INT32)
    trainingSamplePerPrompt: int | None = Field(default=None, ge=2, le=16)
    inferenceMaxTokens: int | None = Field(default=None, ge=1, le=MAX_INT32)
    reasoningEffort: Literal["low", "medium", "high"] | None = None
    evalInterval: int | None = Field(default=None, ge=1, le=100)


class SmokeTestRequest(RequestPart):
    """Sample and thresholds of the smoke test.

    Rows in the sample, minimum mean score of right answers, and thresholds that differ from
    `rft.contracts.thresholds`.
    """

    sample_size: int = Field(default=40, ge=10, le=1000)
    minimum_score: Number = Field(default=0.5, ge=0, le=1)
    thresholds: dict[ThresholdName, Annotated[Number, Field(ge=0, le=1)]] = Field(
        default_factory=dict, description="Thresholds to change, by name; the report records them."
    )


class PilotRequest(RequestPart):
    """A pilot's size: rows sampled from the training split, in one epoch of Bedrock's smallest batches."""

    rows: int = Field(default=100, ge=100, le=2000, description="Training rows; Bedrock requires min 100.")


class StartFromRequest(RequestPart):
    """An earlier run, and the stage that this run begins with.

    `smoke_test` reuses its prepared rows; `training` its proven grader, too, and trains anew; `evaluation` and
    `promotion` reuse its model, too.
    """

    run_id: RunId
    stage: Literal["smoke_test", "training", "evaluation", "promotion"]


End = Literal["COMPLETED", "FAILED", "REJECTED", "CANCELLED"]
"""A status with which a run ends."""


class NotifyRequest(RequestPart):
    """Ends that are published to the outcome topic, and a webhook for the run's events.

    The webhook's host must be one of the stack's parameter WebhookHosts; readers of the run see its address.
    """

    on: tuple[End, ...] | None = Field(
        default=None, strict=False, max_length=4, description="None: as the stack's parameter NotifyOn says."
    )
    webhook: Annotated[str, StringConstraints(pattern=HTTPS_URL, max_length=1024)] | None = None
    webhook_format: Literal["standard", "slack"] = "standard"


def _only_unreserved_tags(schema: dict[str, Any]) -> None:
    """JSON Schema for what the key's own model checks: pydantic's patterns have no negation."""
    schema["additionalProperties"] = False
    schema.setdefault("propertyNames", {})["not"] = {"pattern": RESERVED_TAG_KEY}


class RunRequest(RequestPart):
    """One run. Only `name` and `dataset.task` + `dataset.uri` are required."""

    name: RunName
    dataset: DatasetRequest
    grader: GraderRequest | None = Field(default=None, description="Default: the task's own grader.")
    base_model: Literal["amazon.nova-2-lite-v1:0:256k"] = BASE_MODEL
    hyperparameters: HyperParameters = HyperParameters()
    smoke_test: SmokeTestRequest = SmokeTestRequest()
    mode: Mode = Field(default=Mode.TRAIN, strict=False)  # JSON has words, not enum members
    pilot: PilotRequest = Field(default=PilotRequest(), description="For mode pilot.")
    max_queue_hours: Number = Field(
        default=72, gt=0, le=96, description="After it a run that waits for the quota of jobs fails."
    )
    max_not_started_hours: Number = Field(
        default=96, gt=0, le=120, description="After it a job whose training Bedrock has not started is stopped."
    )
    max_training_hours: Number = Field(
        default=24, gt=0, le=240, description="After it the job is stopped; counted from the start of its training."
    )
    breaker: BreakerRequest = BreakerRequest()
    calibration: CalibrationRequest = CalibrationRequest()
    evaluation: EvaluationRequest = EvaluationRequest()
    start_from: StartFromRequest | None = Field(
        default=None, description="Start from an earlier run's results; everything before that stage is that run's."
    )
    from_run: RoundRequest | None = Field(
        default=None, description="Train on a completed run's rows once more; `dataset` has records to add."
    )
    promotion: PromotionRequest | None = Field(default=None, description="Default: the model is not promoted.")
    require_approval: bool = Field(
        default=False, description="Wait for approval before training, even where the stack does not require it."
    )
    max_cost_usd: Number | None = Field(
        default=None, ge=0, description="If the cost may be higher or is unknown: require approval, or reject the run."
    )
    max_judge_calls: int | None = Field(
        default=None, ge=0, le=MAX_INT32, description="If more judge calls are possible: as with max_cost_usd."
    )
    notify: NotifyRequest = NotifyRequest()
    tags: dict[TagKey, TagValue] = Field(default_factory=dict, max_length=40, json_schema_extra=_only_unreserved_tags)

    @model_validator(mode="after")
    def _promotion_has_a_verdict(self) -> Self:
        if self.promotion is not None and not self.evaluation.enabled:
            raise ValueError("promotion needs evaluation.enabled: only a model that was measured is promoted")
        return self

    @model_validator(mode="after")
    def _pilot_is_measured(self) -> Self:
        if self.mode is Mode.PILOT and not self.evaluation.enabled:
            raise ValueError("mode pilot needs evaluation.enabled: a pilot's purpose is its measurement")
        if self.mode is Mode.PILOT and self.promotion is not None:
            raise ValueError("mode pilot allows no promotion: its model was trained on a sample of the rows")
        return self

    @model_validator(mode="after")
    def _round_begins_with_rows(self) -> Self:
        if self.from_run is not None and self.start_from is not None:
            raise ValueError("give either from_run or start_from: a round prepares rows of its own")
        return self

    @model_validator(mode="after")
    def _audit_has_a_judge(self) -> Self:
        if self.evaluation.audit_judge and self.grader is not None and self.grader.name not in JUDGING:
            raise ValueError(f"evaluation.audit_judge is for the graders {' and '.join(JUDGING)} only")
        return self

    @model_validator(mode="after")
    def _difficulty_is_measured(self) -> Self:
        calibration = self.calibration
        if self.dataset.difficulty and (calibration.rows != "all" or calibration.enabled is False):
            raise ValueError("dataset.difficulty needs calibration.rows all: only answered rows can be dropped")
        if self.dataset.difficulty and self.mode is Mode.PILOT:
            raise ValueError("mode pilot allows no dataset.difficulty: it trains on a sample of all rows")
        return self

    @model_validator(mode="after")
    def _promotion_has_a_target(self) -> Self:
        if self.start_from is not None and self.start_from.stage == "promotion" and self.promotion is None:
            raise ValueError("start_from.stage promotion needs promotion.deployment")
        return self

    @property
    def score_range(self) -> ScoreBounds:
        """The grader's scores: 0 to 1 where the request declares nothing."""
        return (self.grader and self.grader.score_range) or UNIT
