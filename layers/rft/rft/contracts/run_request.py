"""A run's request: the body of `POST /runs`, and the `run.json` next to an upload."""

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
"""The only model that supports reinforcement fine-tuning (Bedrock User Guide, rft-nova-models)."""

RunName = Annotated[str, StringConstraints(pattern=SLUG, max_length=38)]
"""38 characters leave room for the timestamp and hash of a run id (max 63 characters)."""

TagValue = Annotated[str, StringConstraints(pattern=TAG_VALUE, max_length=256)]


def _unreserved(key: str) -> str:
    if re.match(RESERVED_TAG_KEY, key):
        raise ValueError("must not begin with aws:, which AWS reserves")
    return key


TagKey = Annotated[str, StringConstraints(pattern=TAG_KEY, max_length=128), AfterValidator(_unreserved)]


class Mode(StrEnum):
    """`train`: all stages. `preflight`: all but the job. `pilot`: a job of few steps on a sample of the rows."""

    TRAIN = "train"
    PREFLIGHT = "preflight"
    PILOT = "pilot"


class Split(RequestPart):
    """How records are split; the three shares sum to 1.

    `grouped` keeps records with the same prompt in one split, so validation rows are never training rows. `random` is
    `random.Random(seed).shuffle` in file order, only for comparison with published notebooks.
    """

    strategy: Literal["grouped", "random"] = "grouped"
    seed: int = Field(default=42, ge=0, le=2**32 - 1)
    train: Number = Field(default=0.8, gt=0, lt=1)
    validation: Number = Field(default=0.1, gt=0, lt=1)
    test: Number = Field(default=0.1, ge=0, lt=1)

    @model_validator(mode="after")
    def _shares_add_up(self) -> Self:
        if not math.isclose(self.train + self.validation + self.test, 1.0, abs_tol=1e-9):
            raise ValueError("the shares train, validation and test must add up to 1")
        return self


class DatasetRequest(RequestPart):
    """The raw dataset file and how to read it. `task` is the name of a task in `rft.tasks`."""

    task: Annotated[str, StringConstraints(pattern=SNAKE_CASE)]
    uri: Annotated[str, StringConstraints(min_length=1, max_length=1024)]
    version: Annotated[str, StringConstraints(pattern=VERSION_ID, max_length=1024)] | None = Field(
        default=None, description="S3 version id of the object to read. Default: the latest version."
    )
    max_samples: int | None = Field(default=None, ge=1, le=MAX_INT32, description="Use only the first N records.")
    max_bad_records: int = Field(default=0, ge=0, le=MAX_INT32, description="Maximum number of bad records to skip.")
    split: Split = Split()
    difficulty: DifficultyRequest | None = Field(
        default=None, description="Remove training rows without a training signal; requires calibration.rows all."
    )


JUDGING = ("pandalm", "rubric")
"""Graders of this stack that use a judge model."""


class GraderRequest(RequestPart):
    """The grader: either the `name` of a grader of this stack, or the `lambda_arn` of any other.

    `config` is for the grader `rubric`: criteria for rows without a rubric of their own. Training receives the scores
    unchanged; checks and thresholds use them mapped from `score_range` to 0..1.
    """

    name: Annotated[str, StringConstraints(pattern=SNAKE_CASE)] | None = None
    lambda_arn: Annotated[str, StringConstraints(pattern=LAMBDA_ARN)] | None = None
    config: RubricConfig | None = None
    judge: Annotated[str, StringConstraints(pattern=JUDGE_OF_RUN, max_length=200)] | None = Field(
        default=None, description="A trained judge for pandalm or rubric: run:RUN_ID, or a deployment's ARN."
    )
    force: bool = Field(
        default=False, description="Use `judge` even if no evaluation shows that it is better than its base model."
    )
    score_range: ScoreRange | None = Field(
        default=None, strict=False, description="Lowest and highest score, such as [-1, 1]. Default: [0, 1]."
    )

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if (self.name is None) == (self.lambda_arn is None):
            raise ValueError("set either name or lambda_arn, not both")
        if self.config is not None and self.name != "rubric":
            raise ValueError("config is supported by the grader rubric only")
        if self.judge is not None and self.name not in JUDGING:
            raise ValueError(f"judge is supported by the graders {' and '.join(JUDGING)} only")
        return self


class HyperParameters(RequestPart):
    """Bedrock's RFT hyperparameters with Bedrock's names and limits (botocore, RFTHyperParameters).

    maxPromptLength and inferenceMaxTokens are in tokens and have no published limit.
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
    """Smoke test settings: sample size, minimum mean score of right answers, and overridden thresholds."""

    sample_size: int = Field(default=40, ge=10, le=1000)
    minimum_score: Number = Field(default=0.5, ge=0, le=1)
    thresholds: dict[ThresholdName, Annotated[Number, Field(ge=0, le=1)]] = Field(
        default_factory=dict, description="Thresholds to override, by name; recorded in the report."
    )


class PilotRequest(RequestPart):
    """A pilot's size: rows sampled from the training split, for one epoch with Bedrock's smallest batch size."""

    rows: int = Field(default=100, ge=100, le=2000, description="Training rows; Bedrock requires at least 100.")


class StartFromRequest(RequestPart):
    """An earlier run, and the stage at which this run starts.

    `smoke_test` reuses its prepared rows; `training` also its tested grader, and trains again; `evaluation` and
    `promotion` also reuse its model.
    """

    run_id: RunId
    stage: Literal["smoke_test", "training", "evaluation", "promotion"]


End = Literal["COMPLETED", "FAILED", "REJECTED", "CANCELLED"]
"""A terminal status of a run."""


class NotifyRequest(RequestPart):
    """Final statuses that are published to the outcome topic, and a webhook for the run's events.

    The webhook's host must be listed in the stack's parameter WebhookHosts. The URL is visible to everyone who can read
    the run.
    """

    on: tuple[End, ...] | None = Field(
        default=None, strict=False, max_length=4, description="Default: the stack's parameter NotifyOn."
    )
    webhook: Annotated[str, StringConstraints(pattern=HTTPS_URL, max_length=1024)] | None = None
    webhook_format: Literal["standard", "slack"] = "standard"


def _only_unreserved_tags(schema: dict[str, Any]) -> None:
    """Expresses the tag keys' validator in JSON Schema, because pydantic's regex engine has no negative lookahead."""
    schema["additionalProperties"] = False
    schema.setdefault("propertyNames", {})["not"] = {"pattern": RESERVED_TAG_KEY}


class RunRequest(RequestPart):
    """One run. Only `name` and `dataset.task` + `dataset.uri` are required."""

    name: RunName
    dataset: DatasetRequest
    grader: GraderRequest | None = Field(default=None, description="Default: the task's grader.")
    base_model: Literal["amazon.nova-2-lite-v1:0:256k"] = BASE_MODEL
    hyperparameters: HyperParameters = HyperParameters()
    smoke_test: SmokeTestRequest = SmokeTestRequest()
    mode: Mode = Field(default=Mode.TRAIN, strict=False)  # strict=False: JSON has strings, not enum members
    pilot: PilotRequest = Field(default=PilotRequest(), description="For mode pilot.")
    max_queue_hours: Number = Field(
        default=72, gt=0, le=96, description="Time limit: a run that waits longer for the job quota fails."
    )
    max_not_started_hours: Number = Field(
        default=96, gt=0, le=120, description="Time limit: a job whose training has not started by then is stopped."
    )
    max_training_hours: Number = Field(
        default=24, gt=0, le=240, description="Time limit, from the start of training: the job is then stopped."
    )
    breaker: BreakerRequest = BreakerRequest()
    calibration: CalibrationRequest = CalibrationRequest()
    evaluation: EvaluationRequest = EvaluationRequest()
    start_from: StartFromRequest | None = Field(
        default=None, description="Start from an earlier run's results; all stages before `stage` are reused."
    )
    from_run: RoundRequest | None = Field(
        default=None, description="Train again on a completed run's rows; `dataset` contains additional records."
    )
    promotion: PromotionRequest | None = Field(default=None, description="Default: no promotion.")
    require_approval: bool = Field(
        default=False, description="Wait for approval before training, even if the stack does not require it."
    )
    max_cost_usd: Number | None = Field(
        default=None,
        ge=0,
        description="If the cost may exceed this or is unknown: require approval, or reject the run.",
    )
    max_judge_calls: int | None = Field(
        default=None,
        ge=0,
        le=MAX_INT32,
        description="If more judge calls are possible: require approval, or reject the run.",
    )
    notify: NotifyRequest = NotifyRequest()
    tags: dict[TagKey, TagValue] = Field(default_factory=dict, max_length=40, json_schema_extra=_only_unreserved_tags)

    @model_validator(mode="after")
    def _promotion_has_a_verdict(self) -> Self:
        if self.promotion is not None and not self.evaluation.enabled:
            raise ValueError("promotion requires evaluation.enabled: only an evaluated model can be promoted")
        return self

    @model_validator(mode="after")
    def _pilot_is_measured(self) -> Self:
        if self.mode is Mode.PILOT and not self.evaluation.enabled:
            raise ValueError("mode pilot requires evaluation.enabled: a pilot exists to be evaluated")
        if self.mode is Mode.PILOT and self.promotion is not None:
            raise ValueError("mode pilot does not support promotion: its model was trained on a sample of the rows")
        return self

    @model_validator(mode="after")
    def _round_begins_with_rows(self) -> Self:
        if self.from_run is not None and self.start_from is not None:
            raise ValueError("set either from_run or start_from, not both: a round prepares its own rows")
        return self

    @model_validator(mode="after")
    def _audit_has_a_judge(self) -> Self:
        if self.evaluation.audit_judge and self.grader is not None and self.grader.name not in JUDGING:
            raise ValueError(f"evaluation.audit_judge is supported by the graders {' and '.join(JUDGING)} only")
        return self

    @model_validator(mode="after")
    def _difficulty_is_measured(self) -> Self:
        calibration = self.calibration
        if self.dataset.difficulty and (calibration.rows != "all" or calibration.enabled is False):
            raise ValueError("dataset.difficulty requires calibration.rows all: only answered rows can be dropped")
        if self.dataset.difficulty and self.mode is Mode.PILOT:
            raise ValueError("mode pilot does not support dataset.difficulty: it trains on a sample of all rows")
        return self

    @model_validator(mode="after")
    def _promotion_has_a_target(self) -> Self:
        if self.start_from is not None and self.start_from.stage == "promotion" and self.promotion is None:
            raise ValueError("start_from.stage promotion requires promotion.deployment")
        return self

    @property
    def score_range(self) -> ScoreBounds:
        """The grader's score range; 0 to 1 by default."""
        return (self.grader and self.grader.score_range) or UNIT
