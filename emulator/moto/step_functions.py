"""Moto's Step Functions as this emulator needs it: JSONata, time that passes faster, stops that take effect at once.

With the other modules named `moto_…` the only one that knows moto's private names.
"""

from __future__ import annotations

import copy
import functools
import json
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import boto3
import jsonata
from botocore.config import Config
from jsonata.jexception import JException
from jsonata.utils import Utils
from moto.core.responses import ActionResult, EmptyResult
from moto.stepfunctions import models
from moto.stepfunctions.parser.api import EvaluationFailedEventDetails, ExecutionStatus, HistoryEventType
from moto.stepfunctions.parser.asl.component.common.error_name.error_name import ErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEvent, FailureEventException
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import StatesErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import StatesErrorNameType
from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl
from moto.stepfunctions.parser.asl.component.common.string.string_expression import StringJSONata
from moto.stepfunctions.parser.asl.component.common.timeouts.timeout import Timeout
from moto.stepfunctions.parser.asl.component.eval_component import EvalComponent
from moto.stepfunctions.parser.asl.component.state.exec.execute_state import ExecutionState
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.resource import ResourceCondition
from moto.stepfunctions.parser.asl.component.state.fail import state_fail
from moto.stepfunctions.parser.asl.component.state.wait.wait_function.wait_function import WaitFunction
from moto.stepfunctions.parser.asl.eval import states as eval_states
from moto.stepfunctions.parser.asl.eval import variable_store
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails
from moto.stepfunctions.parser.asl.jsonata import jsonata as moto_jsonata
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser
from moto.stepfunctions.parser.backend.execution import BaseExecutionWorkerCommunication, Execution
from moto.stepfunctions.parser.models import stepfunctions_parser_backends
from moto.stepfunctions.parser.utils import TMP_THREADS
from moto.stepfunctions.responses import StepFunctionResponse

from emulator.clock import ScaledClock

Ended = Callable[[Any], None]
"""Takes moto's execution object when the execution has ended."""


def replacements(port: Callable[[], int], clock: ScaledClock, ended: Ended) -> Iterator[tuple[Any, str, Any]]:
    """What stands for what in moto: object, attribute, new value."""
    yield moto_jsonata, "_eval_jsonata", _evaluate
    yield AmazonStateLanguageParser, "parse", staticmethod(_parsing_once(AmazonStateLanguageParser.parse))
    # Moto makes it up at first use, which executions that share a component would do at the same time.
    yield EvalComponent, "heap_key", property(lambda component: str(id(component)))
    yield StringJSONata, "_eval_body", _with_query_errors(StringJSONata._eval_body)
    yield eval_states, "encode_jsonata_variable_declarations", _declarations
    yield variable_store, "encode_jsonata_variable_declarations", _declarations
    yield state_fail, "CustomErrorName", _AnyErrorName
    yield retrier_decl, "time", SimpleNamespace(sleep=clock.sleep)
    yield WaitFunction, "_wait_interval", _waiting(clock)
    yield ExecutionState, "_evaluate_with_timeout", _with_scaled_token_timeout(clock)
    # CloudFormation would create state machines in the backend that does not execute them.
    yield models, "stepfunctions_backends", stepfunctions_parser_backends
    once = _Once(ended)
    yield BaseExecutionWorkerCommunication, "terminated", _announcing(once)
    yield Execution, "stop", _stopping_at_once(once)
    yield StepFunctionResponse, "stop_execution", _stop_execution
    yield StepFunctionResponse, "send_task_failure", _send_task_failure
    client = _cached_client(port)
    for name, module in list(sys.modules.items()):
        if name.startswith("moto.stepfunctions.") and hasattr(module, "boto_client_for"):
            yield module, "boto_client_for", client


def stop_executions() -> None:
    """Abort every execution that is still going on."""
    for backends in stepfunctions_parser_backends.values():
        for backend in backends.values():
            for execution in backend._get_executions(ExecutionStatus.RUNNING):
                execution.stop(stop_date=datetime.now(UTC), error="Emulator.Closed", cause="the emulator was closed")


def join_executions() -> None:
    """Wait until the threads of all executions are gone."""
    for thread in TMP_THREADS:
        thread.join(timeout=5)
    TMP_THREADS.clear()


class _AnyErrorName(ErrorName):  # type: ignore[misc]
    """A Fail state may pass on an error that was caught, so also one whose name begins with `States.`."""


class _ScaledTimeout(Timeout):  # type: ignore[misc]
    """A timeout that passes as fast as a Wait."""

    def __init__(self, timeout: Any, speed: float) -> None:
        self._timeout = timeout
        self._speed = speed

    def is_default_value(self) -> bool:
        return bool(self._timeout.is_default_value())

    def _eval_seconds(self, env: Any) -> float:
        return float(self._timeout._eval_seconds(env)) / self._speed


class _Once:
    """Announces each execution's end once, whoever sees it first."""

    def __init__(self, ended: Ended) -> None:
        self._ended = ended
        self._lock = threading.Lock()

    def __call__(self, execution: Any) -> None:
        with self._lock:
            if getattr(execution, "announced", False):
                return
            execution.announced = True
        self._ended(execution)


def _evaluate(expression: str) -> Any:
    """Undefined comes back as None; moto then tells it from null by asking `$exists`.

    Compiled once for each text, from which `_declarations` keeps values out.
    """
    parts = expression.split(_MARK)
    values = {name.removeprefix("$"): _bound(text) for name, text in zip(parts[1::3], parts[2::3], strict=True)}
    query = copy.copy(_compiled("".join(parts[0::3])))
    query.environment = query.create_frame(jsonata.Jsonata.static_frame)
    jsonata.Jsonata.CURRENT.jsonata = query
    return query.evaluate(None, values)


@functools.lru_cache(maxsize=1_000)
def _compiled(expression: str) -> jsonata.Jsonata:
    return jsonata.Jsonata(expression)


def _bound(text: str) -> Any:
    """A value as JSONata reads it where it stands in an expression: null is not undefined, and 1.0 is 1."""
    return _with_nulls(json.loads(text, parse_float=_number))


def _with_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _with_nulls(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_with_nulls(each) for each in value]
    return Utils.NULL_VALUE if value is None else value


def _number(text: str) -> float | int:
    number = float(text)
    return int(number) if number.is_integer() else number


def _declarations(bindings: dict[str, Any]) -> str:
    """Variables, for `_evaluate` to bind. Moto writes them into the expression: to be compiled anew with each value."""
    return "".join(f"{_MARK}{name}{_MARK}{json.dumps(value, default=str)}{_MARK}" for name, value in bindings.items())


_MARK = "\x00"
"""Is in no expression, and in JSON only escaped."""


def _parsing_once(original: Callable[[str], tuple[Any, Any]]) -> Callable[[str], tuple[Any, Any]]:
    """Moto parses a state machine anew for each execution, which takes half of all of the emulator's time.

    What is built keeps nothing of an execution: that is in its environment, under each component's `heap_key`.
    """
    return functools.lru_cache(maxsize=100)(original)


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


def _waiting(clock: ScaledClock) -> Callable[..., None]:
    def wait_interval(self: Any, env: Any, wait_seconds: float) -> None:  # noqa: ARG001
        clock.wait_while(env.is_running, wait_seconds, env.program_state_event)

    return wait_interval


def _announcing(ended: Ended) -> Callable[..., None]:
    original = BaseExecutionWorkerCommunication.terminated

    def terminated(self: Any) -> None:
        if self.execution.exec_status == ExecutionStatus.RUNNING:
            original(self)
        ended(self.execution)

    return terminated


def _stopping_at_once(ended: Ended) -> Callable[..., None]:
    """AWS aborts an execution whatever it is doing; moto waits for the task under way, and for a token for ever."""
    original = Execution.stop

    def stop(self: Any, stop_date: datetime, error: str | None, cause: str | None) -> None:
        if self.exec_status != ExecutionStatus.RUNNING:
            return
        self.exec_status, self.stop_date, self.error, self.cause = ExecutionStatus.ABORTED, stop_date, error, cause
        if self.exec_worker.env is not None:
            original(self, stop_date, error, cause)
            for endpoint in self.exec_worker.env.callback_pool_manager._pool.values():
                endpoint.interrupt_all()
        ended(self)

    return stop


def _stop_execution(self: Any) -> Any:
    """Moto drops error and cause."""
    execution = self.stepfunction_backend.describe_execution(self._get_param("executionArn"))
    execution.stop(datetime.now(UTC), self._get_param("error"), self._get_param("cause"))
    return ActionResult({"stopDate": execution.stop_date})


def _send_task_failure(self: Any) -> Any:
    """Moto drops the cause."""
    token, error, cause = (self._get_param(name) for name in ("taskToken", "error", "cause"))
    self.stepfunction_backend.send_task_failure(token, error=error, cause=cause)
    return EmptyResult()


def _with_scaled_token_timeout(clock: ScaledClock) -> Callable[..., None]:
    """Waiting for people takes days; other timeouts stay as they are, for functions take their time."""
    original = ExecutionState._evaluate_with_timeout

    def evaluate(self: Any, env: Any) -> None:
        condition = getattr(getattr(self, "resource", None), "condition", None)
        if condition == ResourceCondition.WaitForTaskToken and not isinstance(self.timeout, _ScaledTimeout):
            self.timeout = _ScaledTimeout(self.timeout, clock.speed)
        original(self, env)

    return evaluate


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
