"""Makes each port's AWS implementation, once per container and only when asked for.

Imports stand inside the functions so that a Lambda loads only what its own step uses.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from rft.ports.datasets import DatasetSource, Tokenizer, Workers
from rft.ports.grading import CodeSandbox, GraderInvoker, JudgeCache, RolloutLog
from rft.ports.models import DeploymentRecords, ModelDeployments, ModelSampler
from rft.ports.runs import Approvals, Executions, Ledger, RunHistory, RunWaits, UploadRejections
from rft.ports.storage import Clock, Notifier, ObjectStore
from rft.ports.training import RolloutReader, TrainingJobs
from rft.settings import (
    JudgeSettings,
    LedgerSettings,
    ReplySettings,
    SandboxSettings,
    StateMachineSettings,
    StorageSettings,
    TelemetrySettings,
    TopicSettings,
)

if TYPE_CHECKING:
    from rft.grading.judge_client import JudgeClient
    from rft.grading.run_judges import RunJudges
    from rft.grading.run_rubrics import RunRubrics
    from rft.ports.run_files import RunFiles


@cache
def _client(service: str, **settings: int) -> Any:
    from rft.adapters.aws_client import aws_client

    return aws_client(service, **settings)


@cache
def clock() -> Clock:
    """Wall time."""
    from rft.adapters.clock import SystemClock

    return SystemClock()


def _ledger_table() -> dict[str, Any]:
    """What each port on the ledger's table is made with."""
    return {"client": _client("dynamodb"), "table": LedgerSettings.from_environment().ledger_table, "clock": clock()}


@cache
def ledger() -> Ledger:
    """Run records in DynamoDB."""
    from rft.adapters.dynamodb.ledger import DynamoLedger

    return DynamoLedger(**_ledger_table())


@cache
def run_history() -> RunHistory:
    """Histories and lists of runs."""
    from rft.adapters.dynamodb.run_history import DynamoRunHistory

    return DynamoRunHistory(**_ledger_table())


@cache
def approvals() -> Approvals:
    """Answers and task tokens of runs that await approval."""
    from rft.adapters.dynamodb.approvals import DynamoApprovals

    return DynamoApprovals(**_ledger_table())


@cache
def run_waits() -> RunWaits:
    """Task tokens of runs that wait for an event."""
    from rft.adapters.dynamodb.run_waits import DynamoRunWaits

    return DynamoRunWaits(**_ledger_table())


@cache
def upload_rejections() -> UploadRejections:
    """Uploads that made no run."""
    from rft.adapters.dynamodb.upload_rejections import DynamoUploadRejections

    return DynamoUploadRejections(**_ledger_table())


@cache
def object_store() -> ObjectStore:
    """The data bucket."""
    from rft.adapters.object_store import S3ObjectStore

    return S3ObjectStore(_client("s3"), bucket=StorageSettings.from_environment().data_bucket)


@cache
def run_files() -> RunFiles:
    """The folders of runs in the data bucket."""
    from rft.adapters.run_files import S3RunFiles

    return S3RunFiles(_client("s3"), bucket=StorageSettings.from_environment().data_bucket)


@cache
def dataset_source() -> DatasetSource:
    """Datasets in the data bucket or on an allowed host."""
    from rft.adapters.dataset_source import RemoteDatasetSource

    return RemoteDatasetSource(_client("s3"), settings=StorageSettings.from_environment())


@cache
def tokenizer() -> Tokenizer:
    """tiktoken, with the vocabulary that the layer ships."""
    from rft.adapters.tokenizer import TiktokenTokenizer

    return TiktokenTokenizer()


@cache
def workers() -> Workers:
    """All cores that the function is given."""
    from rft.adapters.processes import ForkedWorkers

    return ForkedWorkers()


@cache
def grader_invoker() -> GraderInvoker:
    """Grader Lambdas, without the text that they wrote. One try each: a retry would hide a grader that fails."""
    from rft.adapters.grader_invoker import LambdaGraderInvoker
    from rft.grading.private_replies import PrivateReplies

    invoker = LambdaGraderInvoker(_client("lambda", attempts=1, read_timeout=300, connections=12))
    shown = ReplySettings.from_environment()
    return PrivateReplies(invoker, object_store(), foreign=shown.foreign_grader_arns, shows_text=shown.capture_answers)


@cache
def training_jobs() -> TrainingJobs:
    """Bedrock's customization jobs."""
    from rft.adapters.bedrock.training_jobs import BedrockTrainingJobs

    return BedrockTrainingJobs(_client("bedrock"))


@cache
def model_sampler() -> ModelSampler:
    """Models on Bedrock. One try each: waiting is the engine's; an answer with much reasoning takes minutes."""
    from rft.adapters.bedrock.model_sampler import BedrockSampler

    return BedrockSampler(_client("bedrock-runtime", attempts=1, read_timeout=300, connections=16))


@cache
def model_deployments() -> ModelDeployments:
    """Deployments of trained models."""
    from rft.adapters.bedrock.model_deployments import BedrockDeployments

    return BedrockDeployments(_client("bedrock"))


@cache
def deployment_records() -> DeploymentRecords:
    """Histories of deployments in the ledger's table."""
    from rft.adapters.dynamodb.deployment_records import DynamoDeploymentRecords

    return DynamoDeploymentRecords(**_ledger_table())


@cache
def notifier() -> Notifier:
    """The outcome topic, with notices in the ledger's table."""
    from rft.adapters.dynamodb.notification_dedup import DynamoSendOnce
    from rft.adapters.notifier import SnsNotifier

    table = LedgerSettings.from_environment().ledger_table
    send_once = DynamoSendOnce(_client("dynamodb"), table=table, clock=clock())
    return SnsNotifier(
        _client("sns"), topic_arn=TopicSettings.from_environment().outcome_topic_arn, send_once=send_once
    )


@cache
def executions() -> Executions:
    """The state machine's executions."""
    from rft.adapters.executions import StepFunctionsExecutions

    return StepFunctionsExecutions(
        _client("stepfunctions"), state_machine_arn=StateMachineSettings.from_environment().state_machine_arn
    )


@cache
def judges() -> tuple[JudgeClient, ...]:
    """The judge models on Bedrock, and what this container learns about them. Retries are the grader's own."""
    return tuple(map(_judge, JudgeSettings.from_environment().judge_model_ids))


def judges_of(event: object) -> tuple[JudgeClient, ...]:
    """The judge that the batch's run pinned, else the stack's own; those alone where there is no data bucket."""
    from rft.grading.run_judges import RunJudges

    if not TelemetrySettings.from_environment().data_bucket:
        return judges()
    pinned = _run_judges(RunJudges).of(event)
    return (_judge(pinned),) if pinned else judges()


@cache
def _run_judges(made: type[RunJudges]) -> RunJudges:
    return made(object_store)


@cache
def _judge(model_id: str) -> JudgeClient:
    from rft.adapters.bedrock.judge import judge_client

    settings = JudgeSettings.from_environment()
    timeout, connections = settings.judge_timeout_seconds, settings.judge_parallelism
    client = _client("bedrock-runtime", attempts=1, read_timeout=timeout, connections=connections)
    return judge_client(client, model_id=model_id, settings=settings, cache=judge_cache())


@cache
def run_rubrics() -> RunRubrics:
    """Rubrics of runs, in the data bucket; read once each."""
    from rft.grading.run_rubrics import RunRubrics

    return RunRubrics(object_store)


@cache
def judge_cache() -> JudgeCache:
    """Judges' replies: in memory, and in a table where there is one. One try, as a miss is cheaper than waiting."""
    from rft.adapters.judge_cache import DynamoJudgeCache, MemoryJudgeCache

    settings = JudgeSettings.from_environment()
    if not settings.judge_cache_table:
        return MemoryJudgeCache()
    client = _client("dynamodb", attempts=1, connect_timeout=1, read_timeout=1, connections=settings.judge_parallelism)
    table, days = settings.judge_cache_table, settings.judge_cache_days
    return MemoryJudgeCache(DynamoJudgeCache(client, table=table, days=days, clock=clock()))


@cache
def rollout_log() -> RolloutLog | None:
    """Rollouts in the data bucket; None where the function has none. One short try: the grader's caller waits."""
    from rft.adapters.rollout_log import S3RolloutLog

    settings = TelemetrySettings.from_environment()
    if not settings.data_bucket:
        return None
    client = _client("s3", attempts=1, connect_timeout=1, read_timeout=1)
    return S3RolloutLog(client, bucket=settings.data_bucket, keeps_answers=settings.capture_answers, clock=clock())


@cache
def rollout_reader() -> RolloutReader:
    """Rollouts in the data bucket. Short tries: what is not read now is read at the next look at the job."""
    from rft.adapters.rollout_reader import AT_A_TIME, S3RolloutReader

    client = _client("s3", attempts=3, connect_timeout=2, read_timeout=5, connections=AT_A_TIME)
    shows_text = ReplySettings.from_environment().capture_answers
    return S3RolloutReader(client, bucket=StorageSettings.from_environment().data_bucket, shows_text=shows_text)


@cache
def code_sandbox() -> CodeSandbox:
    """The code interpreter where there is one, else sealed processes of the function. Raises SandboxUnavailable."""
    settings = SandboxSettings.from_environment()
    if not settings.code_interpreter_arn:
        from rft.adapters.sandbox.processes import ProcessSandbox

        return ProcessSandbox()
    from rft.adapters.sandbox.code_interpreter import READ_SECONDS, CodeInterpreterSandbox

    client = _client("bedrock-agentcore", attempts=6, read_timeout=READ_SECONDS, connections=settings.parallelism)
    return CodeInterpreterSandbox(client, interpreter=settings.code_interpreter_arn)
