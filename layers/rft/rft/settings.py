"""Settings of each function, read from the environment. A missing variable fails the cold start with its name."""

from __future__ import annotations

import os
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, Json


def _comma_separated(text: object) -> object:
    return tuple(part.strip() for part in text.split(",") if part.strip()) if isinstance(text, str) else text


CommaSeparated = Annotated[tuple[str, ...], BeforeValidator(_comma_separated)]


class Settings(BaseModel):
    """Base class: reads upper-case environment variables on first use."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)  # a function uses two or three of these

    @classmethod
    def from_environment(cls) -> Self:
        """Raises pydantic's ValidationError, which names each missing or invalid variable."""
        return cls.model_validate(dict(os.environ))


class LedgerSettings(Settings):
    ledger_table: str = Field(alias="LEDGER_TABLE", min_length=3)


class StorageSettings(Settings):
    """The data bucket, allowed hosts of `https://` datasets, and allowed hosts of runs' webhooks."""

    data_bucket: str = Field(alias="DATA_BUCKET", min_length=3)
    allowed_hosts: CommaSeparated = Field(alias="ALLOWED_HOSTS", default=())
    webhook_hosts: CommaSeparated = Field(alias="WEBHOOK_HOSTS", default=())
    max_dataset_bytes: int = Field(alias="MAX_DATASET_BYTES", default=1024**3, gt=0)


class ShardSettings(Settings):
    """Datasets larger than `max_single_function_bytes` are prepared in parts of about `shard_bytes` each."""

    max_single_function_bytes: int = Field(alias="MAX_SINGLE_FUNCTION_BYTES", default=1024**3, gt=0)
    shard_bytes: int = Field(alias="SHARD_BYTES", default=256 * 1024**2, gt=0)

    def shards(self, size: int) -> int:
        """Number of parts of a dataset of `size` bytes."""
        # Bounded, because states pass the list of parts.
        return min(MAX_SHARDS, -(-size // self.shard_bytes))


MAX_SHARDS = 200
"""Every writing part reads the whole source, and Step Functions passes at most 256 KB: 200 parts need 25 KB."""


class ProbeSettings(Settings):
    """Time budget for probes in one function; further functions send the rest."""

    probe_budget_seconds: int = Field(alias="PROBE_BUDGET_SECONDS", default=400, ge=0, le=400)


class GraderDirectory(Settings):
    """ARNs of the graders deployed with the stack, by name."""

    graders: Json[dict[str, str]] = Field(alias="GRADERS")


class TrainingSettings(Settings):
    """The stack's resources for jobs. Without a key id, Bedrock's key is used; without subnets, no VPC."""

    bedrock_role_arn: str = Field(alias="BEDROCK_ROLE_ARN", min_length=20)
    model_kms_key_arn: str = Field(alias="MODEL_KMS_KEY_ARN", default="")
    vpc_subnet_ids: CommaSeparated = Field(alias="VPC_SUBNET_IDS", default=())
    vpc_security_group_ids: CommaSeparated = Field(alias="VPC_SECURITY_GROUP_IDS", default=())


class BaseModelSettings(Settings):
    """Invocable id of the base model, which differs from the id that jobs use."""

    base_model_id: str = Field(alias="BASE_MODEL_ID", min_length=5)


class StackSettings(Settings):
    stack_name: str = Field(alias="STACK_NAME", min_length=1)


class TopicSettings(Settings):
    """The outcome topic, and the final statuses that are published by default."""

    outcome_topic_arn: str = Field(alias="OUTCOME_TOPIC_ARN", min_length=20)
    notify_on: CommaSeparated = Field(alias="NOTIFY_ON", default=("FAILED", "REJECTED", "CANCELLED"))


class EventBusSettings(Settings):
    """The event bus for domain events: its name or ARN."""

    event_bus_name: str = Field(alias="EVENT_BUS_NAME", default="default", min_length=1)


class WebhookSettings(Settings):
    """The stack's webhook ('' for none), hosts that runs may name, and the signing secret."""

    webhook_url: str = Field(alias="WEBHOOK_URL", default="")
    webhook_format: Literal["standard", "slack"] = Field(alias="WEBHOOK_FORMAT", default="standard")
    webhook_hosts: CommaSeparated = Field(alias="WEBHOOK_HOSTS", default=())
    webhook_secret_arn: str = Field(alias="WEBHOOK_SECRET_ARN", default="")


class MlflowSettings(Settings):
    """The MLflow server ('' for none), the secret with its credentials, and its S3 artifact location."""

    mlflow_tracking_uri: str = Field(alias="MLFLOW_TRACKING_URI", default="")
    mlflow_secret_arn: str = Field(alias="MLFLOW_SECRET_ARN", default="")
    mlflow_artifact_bucket: str = Field(alias="MLFLOW_ARTIFACT_BUCKET", default="")


class StateMachineSettings(Settings):
    state_machine_arn: str = Field(alias="STATE_MACHINE_ARN", min_length=20)


class ExperimentSettings(Settings):
    experiment_machine_arn: str = Field(alias="EXPERIMENT_MACHINE_ARN", min_length=20)


class ApprovalSettings(Settings):
    """Whether every run of this stack requires approval before training."""

    require_approval: bool = Field(alias="REQUIRE_APPROVAL", default=False)


class SelfApprovalSettings(Settings):
    allow_self_approval: bool = Field(alias="ALLOW_SELF_APPROVAL", default=True)


class ApprovalWaitSettings(Settings):
    """How long a run waits for approval; must equal the state machine's timeout."""

    approval_days: float = Field(alias="APPROVAL_DAYS", gt=0)


class JudgeSettings(Settings):
    """The judge model, or several that vote, and call settings.

    A call that exceeds `judge_timeout_seconds` is cancelled and retried. `on_judge_error`: score 0.0 marked as an
    error, or fail the batch. `judge_structured_output` and `judge_prompt_caching`: auto depends on the model's
    capabilities. Replies are cached for `judge_cache_days` in `judge_cache_table`, if set.
    """

    judge_model_ids: CommaSeparated = Field(alias="JUDGE_MODEL_ID", min_length=1)
    judge_parallelism: int = Field(alias="JUDGE_PARALLELISM", default=16, ge=1, le=128)
    judge_timeout_seconds: int = Field(alias="JUDGE_TIMEOUT_SECONDS", default=30, ge=1, le=900)
    on_judge_error: Literal["zero", "raise"] = Field(alias="ON_JUDGE_ERROR", default="zero")
    judge_structured_output: Literal["auto", "on", "off"] = Field(alias="JUDGE_STRUCTURED_OUTPUT", default="auto")
    judge_prompt_caching: Literal["auto", "on", "off"] = Field(alias="JUDGE_PROMPT_CACHING", default="auto")
    judge_cache_table: str = Field(alias="JUDGE_CACHE_TABLE", default="")
    judge_cache_days: int = Field(alias="JUDGE_CACHE_DAYS", default=30, ge=0, le=365)


class JudgeDirectory(Settings):
    """Model ids of the stack's judges, and its audit judge; '' if it has none."""

    judge_model_ids: CommaSeparated = Field(alias="JUDGE_MODEL_ID", default=())
    audit_judge_model_id: str = Field(alias="AUDIT_JUDGE_MODEL_ID", default="")


class TelemetrySettings(Settings):
    """Where graders write rollouts; nowhere without a bucket. Answers are stored only with `capture_answers`."""

    data_bucket: str = Field(alias="DATA_BUCKET", default="")
    capture_answers: bool = Field(alias="CAPTURE_ANSWERS", default=False)


class ReplySettings(Settings):
    """Whether ledger and messages may include graders' output, and which graders are external."""

    foreign_grader_arns: CommaSeparated = Field(alias="FOREIGN_GRADER_ARNS", default=())
    capture_answers: bool = Field(alias="CAPTURE_ANSWERS", default=False)


class ForecastSettings(Settings):
    """Settings of forecasts. The price table's URI or JSON, both '' for the list prices; a quota of 0 is unknown."""

    price_table_uri: str = Field(alias="PRICE_TABLE_URI", default="")
    price_table: str = Field(alias="PRICE_TABLE", default="")
    lambda_concurrency: int = Field(alias="LAMBDA_CONCURRENCY", default=0, ge=0)
    judge_requests_per_minute: int = Field(alias="JUDGE_REQUESTS_PER_MINUTE", default=0, ge=0)
    judge_tokens_per_minute: int = Field(alias="JUDGE_TOKENS_PER_MINUTE", default=0, ge=0)


class CompositeSettings(Settings):
    """Default composition of scores for the grader `composite`; empty if every row sets its own."""

    composite_default: Json[dict[str, Any]] = Field(alias="COMPOSITE_DEFAULT", default_factory=dict)


class SandboxSettings(Settings):
    """Where code is run: in sessions of a code interpreter, or in isolated processes of the function.

    `parallelism`: concurrent samples; with processes, more than the function's cores gives no speed-up.
    """

    code_interpreter_arn: str = Field(alias="CODE_INTERPRETER_ARN", default="")

    parallelism: int = Field(alias="CODE_PARALLELISM", default=2, ge=1, le=64)
