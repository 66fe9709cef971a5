"""Creates each port's AWS implementation once per container, on first use.

Imports are inside the functions so that a Lambda loads only what its own step uses.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from rft.settings import (
    ExperimentSettings,
    ReplySettings,
    SandboxSettings,
    StateMachineSettings,
    StorageSettings,
    TelemetrySettings,
)
from rft.wiring.clients import cached_client as cached_client
from rft.wiring.clients import clock as clock
from rft.wiring.judging import judge_cache as judge_cache
from rft.wiring.judging import judges as judges
from rft.wiring.judging import judges_of as judges_of
from rft.wiring.judging import run_rubrics as run_rubrics
from rft.wiring.judging import training_audit_of as training_audit_of
from rft.wiring.records import approvals as approvals
from rft.wiring.records import deployment_records as deployment_records
from rft.wiring.records import event_bus as event_bus
from rft.wiring.records import experiments as experiments
from rft.wiring.records import job_queue as job_queue
from rft.wiring.records import ledger as ledger
from rft.wiring.records import notifier as notifier
from rft.wiring.records import outbox as outbox
from rft.wiring.records import run_history as run_history
from rft.wiring.records import run_tracker as run_tracker
from rft.wiring.records import run_waits as run_waits
from rft.wiring.records import upload_rejections as upload_rejections
from rft.wiring.records import webhook_sender as webhook_sender
from rft.wiring.storage import object_store as object_store
from rft.wiring.storage import rollout_log as rollout_log
from rft.wiring.storage import rollout_reader as rollout_reader
from rft.wiring.storage import run_files as run_files

if TYPE_CHECKING:
    from rft.ports.datasets import DatasetSource, Tokenizer, Workers
    from rft.ports.experiments import RunPorts
    from rft.ports.grading import CodeSandbox, GraderInvoker
    from rft.ports.models import ModelDeployments, ModelSampler
    from rft.ports.reports import ReportSources
    from rft.ports.runs import Executions
    from rft.ports.training import TrainingJobs


def report_sources() -> ReportSources:
    """Sources of a report; texts only if the stack captures answers."""
    from rft.ports.reports import ReportSources

    captured = TelemetrySettings.from_environment().capture_answers
    return ReportSources(run_history(), object_store(), rollout_reader(), answers_captured=captured)


@cache
def dataset_source() -> DatasetSource:
    from rft.adapters.dataset_source import RemoteDatasetSource

    return RemoteDatasetSource(cached_client("s3"), settings=StorageSettings.from_environment())


@cache
def tokenizer() -> Tokenizer:
    """Tokenizer of tiktoken with the vocabulary shipped in the layer."""
    from rft.adapters.tokenizer import TiktokenTokenizer

    return TiktokenTokenizer()


@cache
def workers() -> Workers:
    from rft.adapters.processes import ForkedWorkers

    return ForkedWorkers()


@cache
def grader_invoker() -> GraderInvoker:
    from rft.adapters.grader_invoker import LambdaGraderInvoker
    from rft.grading.private_replies import PrivateReplies

    # No retries, which would hide a failing grader.
    invoker = LambdaGraderInvoker(cached_client("lambda", attempts=1, read_timeout=300, connections=12))
    shown = ReplySettings.from_environment()
    return PrivateReplies(invoker, object_store(), foreign=shown.foreign_grader_arns, shows_text=shown.capture_answers)


@cache
def training_jobs() -> TrainingJobs:
    from rft.adapters.bedrock.training_jobs import BedrockTrainingJobs

    return BedrockTrainingJobs(cached_client("bedrock"))


@cache
def model_sampler() -> ModelSampler:
    from rft.adapters.bedrock.model_sampler import BedrockSampler

    # No client retries: `Sampling` retries. Long timeouts, because reasoning takes minutes.
    return BedrockSampler(cached_client("bedrock-runtime", attempts=1, read_timeout=300, connections=16))


@cache
def model_deployments() -> ModelDeployments:
    from rft.adapters.bedrock.model_deployments import BedrockDeployments

    return BedrockDeployments(cached_client("bedrock"))


@cache
def executions() -> Executions:
    from rft.adapters.executions import StepFunctionsExecutions

    return StepFunctionsExecutions(
        cached_client("stepfunctions"), state_machine_arn=StateMachineSettings.from_environment().state_machine_arn
    )


@cache
def experiment_executions() -> Executions:
    from rft.adapters.executions import StepFunctionsExecutions

    arn = ExperimentSettings.from_environment().experiment_machine_arn
    return StepFunctionsExecutions(cached_client("stepfunctions"), state_machine_arn=arn)


@cache
def run_ports() -> RunPorts:
    from rft.ports.experiments import RunPorts

    return RunPorts(ledger(), executions(), training_jobs(), model_deployments(), deployment_records(), notifier())


@cache
def code_sandbox() -> CodeSandbox:
    """The code interpreter if configured, else isolated processes of the function. Raises SandboxUnavailable."""
    settings = SandboxSettings.from_environment()
    if not settings.code_interpreter_arn:
        from rft.adapters.sandbox.processes import ProcessSandbox

        return ProcessSandbox()
    from rft.adapters.sandbox.code_interpreter import READ_SECONDS, CodeInterpreterSandbox

    client = cached_client("bedrock-agentcore", attempts=6, read_timeout=READ_SECONDS, connections=settings.parallelism)
    return CodeInterpreterSandbox(client, interpreter=settings.code_interpreter_arn)
