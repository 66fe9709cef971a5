"""The one file that knows moto's private names; moto is pinned for its sake.

moto serves most of AWS, but runs state machines only when told to, sleeps in real time, leaves JSONata out, and does
not deliver EventBridge events to Lambda or Step Functions. `installed` changes that for as long as it is entered.
moto keeps its state per process, so there is one emulator per process at a time.
"""

from __future__ import annotations

import functools
import json
import logging
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import boto3
import jsonata
from botocore.config import Config
from jsonata.jexception import JException
from moto.cloudformation import parsing as cloudformation_parsing
from moto.cloudformation.models import cloudformation_backends
from moto.core.base_backend import BackendDict
from moto.core.config import default_user_config
from moto.core.model_instances import reset_model_data
from moto.events.models import Rule
from moto.events.utils import EventTemplateParser
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from moto.sns.models import sns_backends
from moto.stepfunctions import models as stepfunctions_models
from moto.stepfunctions.parser.api import EvaluationFailedEventDetails, ExecutionStatus, HistoryEventType
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEvent, FailureEventException
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import StatesErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import StatesErrorNameType
from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl
from moto.stepfunctions.parser.asl.component.common.string.string_expression import StringJSONata
from moto.stepfunctions.parser.asl.component.state.wait.wait_function.wait_function import WaitFunction
from moto.stepfunctions.parser.asl.eval import states as eval_states
from moto.stepfunctions.parser.asl.eval import variable_store
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails
from moto.stepfunctions.parser.asl.jsonata import jsonata as moto_jsonata
from moto.stepfunctions.parser.backend import execution as execution_module
from moto.stepfunctions.parser.models import stepfunctions_parser_backends
from moto.stepfunctions.parser.utils import TMP_THREADS

from emulator.clock import ScaledClock

ACCOUNT = "123456789012"
RequestHandler = MotoRequestHandler

Deliver = Callable[[dict[str, Any], dict[str, Any]], None]
"""Takes a rule's target and the event for it."""


@contextmanager
def installed(
    *,
    port: Callable[[], int],
    clock: ScaledClock,
    deliver: Deliver,
    execution_ended: Callable[[Any], None],
) -> Iterator[None]:
    """Moto as this emulator needs it; on leaving, executions are stopped, state is dropped and moto is as before.

    `port` gives the AWS endpoint's port once known. `deliver` gets events for Lambda and Step Functions targets.
    `execution_ended` gets moto's execution object when one has ended.
    """
    logging.getLogger("moto").addHandler(logging.NullHandler())
    _reset()
    with ExitStack() as changes:
        changes.enter_context(patch.dict(default_user_config["stepfunctions"], execute_state_machine=True))
        changes.enter_context(patch.dict(default_user_config["lambda"], use_docker=False))
        changes.enter_context(patch.dict(os.environ, {"MOTO_EVENTS_INVOKE_HTTP": "false"}))
        for target, name, value in _replacements(port, clock, deliver, execution_ended):
            changes.enter_context(patch.object(target, name, value))
        try:
            yield
        finally:
            stop_executions()
            for thread in TMP_THREADS:
                thread.join(timeout=5)
            TMP_THREADS.clear()
            _reset()


def aws_application() -> Any:
    """Moto's WSGI application for all of its services."""
    return DomainDispatcherApplication(create_backend_app)


def supported_by_cloudformation(resource_type: str) -> bool:
    """True where moto's CloudFormation creates such a resource."""
    return resource_type in cloudformation_parsing.get_model_map()


def resolved(stack_id: str, region: str, value: Any) -> Any:
    """A piece of a stack's template with its intrinsic functions resolved."""
    return cloudformation_parsing.clean_json(
        value, cloudformation_backends[ACCOUNT][region].stacks[stack_id].resource_map
    )


def published_messages(topic_arn: str, region: str) -> list[dict[str, Any]]:
    """What was published to an SNS topic: subject and message, oldest first; JSON messages are decoded."""
    topic = sns_backends[ACCOUNT][region].topics[topic_arn]
    return [{"subject": note[2], "message": _decoded(note[1])} for note in topic.sent_notifications]


def rules_of_default_bus(region: str) -> list[Any]:
    """The enabled EventBridge rules, moto's own objects; each has `send_to_targets(event)`."""
    from moto.events.models import events_backends  # noqa: PLC0415  (needed only when an event is put)

    bus = events_backends[ACCOUNT][region].event_buses["default"]
    return [rule for rule in bus.rules.values() if rule.state == "ENABLED"]


def _reset() -> None:
    BackendDict.reset()
    reset_model_data()


def stop_executions() -> None:
    """Abort every execution that is still going on."""
    for backends in stepfunctions_parser_backends.values():
        for backend in backends.values():
            for execution in backend._get_executions(ExecutionStatus.RUNNING):
                if execution.exec_worker and execution.exec_worker.env:
                    execution.stop(stop_date=None, error="Emulator.Closed", cause="the emulator was closed")


def _replacements(
    port: Callable[[], int], clock: ScaledClock, deliver: Deliver, execution_ended: Callable[[Any], None]
) -> Iterator[tuple[Any, str, Any]]:
    yield moto_jsonata, "_eval_jsonata", _evaluate
    yield StringJSONata, "_eval_body", _with_query_errors(StringJSONata._eval_body)
    yield eval_states, "encode_jsonata_variable_declarations", _declarations
    yield variable_store, "encode_jsonata_variable_declarations", _declarations
    yield retrier_decl, "time", SimpleNamespace(sleep=clock.sleep)
    yield WaitFunction, "_wait_interval", _waiting(clock)
    yield cloudformation_parsing, "clean_json", _without_no_value(cloudformation_parsing.clean_json)
    # CloudFormation would create state machines in the backend that does not execute them.
    yield stepfunctions_models, "stepfunctions_backends", stepfunctions_parser_backends
    yield Rule, "send_to_targets", _delivering(Rule.send_to_targets, deliver)
    worker = execution_module.BaseExecutionWorkerCommunication
    yield worker, "terminated", _announcing(worker.terminated, execution_ended)
    client = _cached_client(port)
    for name, module in list(sys.modules.items()):
        if name.startswith("moto.stepfunctions.") and hasattr(module, "boto_client_for"):
            yield module, "boto_client_for", client


def _without_no_value(original: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Moto leaves a None in a list where `AWS::NoValue` stood."""

    def clean_json(value: Any, resources: Any) -> Any:
        cleaned = original(value, resources)
        return [item for item in cleaned if item is not None] if isinstance(value, list) else cleaned

    return clean_json


def _evaluate(expression: str) -> Any:
    """Undefined comes back as None; moto then tells it from null by asking `$exists`."""
    return jsonata.Jsonata(expression).evaluate(None)


def _with_query_errors(original: Callable[..., None]) -> Callable[..., None]:
    """AWS names every failing expression States.QueryEvaluationError; moto would call it States.Runtime."""

    def eval_body(self: Any, env: Any) -> None:
        try:
            original(self, env)
        except JException as error:
            name = StatesErrorName(typ=StatesErrorNameType.StatesQueryEvaluationError)
            details = EvaluationFailedEventDetails(
                cause=f"The JSONata expression '{self.expression}' failed: {error}", error=name.error_name
            )
            raise FailureEventException(
                failure_event=FailureEvent(
                    env=env,
                    error_name=name,
                    event_type=HistoryEventType.EvaluationFailed,
                    event_details=EventDetails(evaluationFailedEventDetails=details),
                )
            ) from error

    return eval_body


def _declarations(bindings: dict[str, Any]) -> str:
    """Moto splices strings in unescaped, so that a quote or a new line in a variable breaks the expression."""
    return "".join(f"{name}:={json.dumps(value, default=str)};" for name, value in bindings.items())


def _waiting(clock: ScaledClock) -> Callable[..., None]:
    def wait_interval(self: Any, env: Any, wait_seconds: float) -> None:  # noqa: ARG001
        clock.wait_while(env.is_running, wait_seconds, env.program_state_event)

    return wait_interval


def _delivering(original: Callable[..., None], deliver: Deliver) -> Callable[..., None]:
    """Moto's own delivery for the targets it knows; `deliver` for Lambda and Step Functions."""

    def send_to_targets(self: Any, original_event: dict[str, Any], transform_input: bool = True) -> None:  # noqa: FBT001, FBT002
        ours = [t for t in self.targets if t["Arn"].split(":")[2] in ("lambda", "states")]
        if ours and self.state == "ENABLED" and self.event_pattern.matches_event(original_event):
            for target in ours:
                deliver(target, _target_input(target, original_event))
        rest = SimpleNamespace(**vars(self), arn=self.arn)
        rest.targets = [t for t in self.targets if t not in ours]
        for method in (
            "_send_to_cw_log_group",
            "_send_to_events_archive",
            "_send_to_sqs_queue",
            "_find_api_destination",
        ):
            setattr(rest, method, getattr(self, method))
        original(rest, original_event, transform_input)

    return send_to_targets


def _target_input(target: dict[str, Any], event: dict[str, Any]) -> Any:
    if "Input" in target:
        return json.loads(target["Input"])
    transformer = target.get("InputTransformer")
    if not transformer:
        return event
    filled = EventTemplateParser.parse(
        input_template=transformer["InputTemplate"],
        input_paths_map=transformer.get("InputPathsMap", {}),
        event=event,
    )
    return _decoded(filled) if isinstance(filled, str) else filled


def _announcing(original: Callable[..., None], execution_ended: Callable[[Any], None]) -> Callable[..., None]:
    def terminated(self: Any) -> None:
        original(self)
        execution_ended(self.execution)

    return terminated


def _cached_client(port: Callable[[], int]) -> Callable[..., Any]:
    """Moto makes a client per task; making one takes longer than the call, and is not safe in threads."""
    session = boto3.session.Session(aws_access_key_id="states", aws_secret_access_key="states")  # noqa: S106
    lock = threading.Lock()
    config = Config(
        parameter_validation=False,
        retries={"total_max_attempts": 1},
        connect_timeout=10,
        read_timeout=86_400,
        proxies={},
        max_pool_connections=50,
    )

    @functools.cache
    def make(service: str, region: str) -> Any:
        endpoint = f"http://127.0.0.1:{port()}"
        return session.client(service, region_name=region, endpoint_url=endpoint, config=config)  # type: ignore[call-overload]

    def boto_client_for(region: str, service: str, state_credentials: Any = None) -> Any:  # noqa: ARG001
        with lock:
            return make(service, region)

    return boto_client_for


def _decoded(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
