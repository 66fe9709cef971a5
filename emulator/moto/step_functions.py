"""Patches of moto's Step Functions: accelerated time and cached parsing of state machines."""

from __future__ import annotations

import functools
import sys
import threading
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import boto3
from botocore.config import Config
from botocore.credentials import Credentials
from moto.stepfunctions import models
from moto.stepfunctions.parser.asl.component.common.error_name.error_name import ErrorName
from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl
from moto.stepfunctions.parser.asl.component.common.timeouts.timeout import Timeout
from moto.stepfunctions.parser.asl.component.eval_component import EvalComponent
from moto.stepfunctions.parser.asl.component.state.exec.execute_state import ExecutionState
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.resource import ResourceCondition
from moto.stepfunctions.parser.asl.component.state.fail import state_fail
from moto.stepfunctions.parser.asl.component.state.wait.wait_function.wait_function import WaitFunction
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser
from moto.stepfunctions.parser.models import stepfunctions_parser_backends

from emulator.clock import ScaledClock
from emulator.moto import jsonata

Session = Callable[[str, str], Credentials]
"""Returns the credentials of a role by its ARN and a session name."""

SESSION_NAME = "states"


def replacements(port: int, clock: ScaledClock, session: Session) -> Iterator[tuple[Any, str, Any]]:
    """Yield patches of moto: (object, attribute, replacement). `port` is the AWS endpoint's."""
    yield from jsonata.replacements()
    yield AmazonStateLanguageParser, "parse", staticmethod(_parse_once)
    # Moto generates it on first use, a race between executions that share a component.
    yield EvalComponent, "heap_key", property(lambda component: str(id(component)))
    yield state_fail, "CustomErrorName", _AnyErrorName
    yield retrier_decl, "time", SimpleNamespace(sleep=clock.sleep)
    yield WaitFunction, "_wait_interval", _waiting(clock)
    yield ExecutionState, "_evaluate_with_timeout", _with_scaled_token_timeout(clock)
    # Moto's CloudFormation would create state machines in the backend that does not execute them.
    yield models, "stepfunctions_backends", stepfunctions_parser_backends
    client = _cached_client(port, session)
    for name, module in list(sys.modules.items()):
        if name.startswith("moto.stepfunctions.") and hasattr(module, "boto_client_for"):
            yield module, "boto_client_for", client


class _AnyErrorName(ErrorName):  # type: ignore[misc]
    """Allows names that start with `States.`: a Fail state may re-raise a caught error."""


class _ScaledTimeout(Timeout):  # type: ignore[misc]
    """A timeout in emulated time, like a Wait."""

    def __init__(self, timeout: Any, speed: float) -> None:
        self._timeout = timeout
        self._speed = speed

    def is_default_value(self) -> bool:
        return bool(self._timeout.is_default_value())

    def _eval_seconds(self, env: Any) -> float:
        return float(self._timeout._eval_seconds(env)) / self._speed


_parse_once = functools.lru_cache(maxsize=100)(AmazonStateLanguageParser.parse)
"""Cached because moto parses a state machine for each execution, which takes half of the emulator's time.

The parsed program holds no execution state (that is in the environment, under each component's `heap_key`), so all
emulators of a process can share it.
"""


def _waiting(clock: ScaledClock) -> Callable[..., None]:
    def wait_interval(self: Any, env: Any, wait_seconds: float) -> None:  # noqa: ARG001
        clock.wait_while(env.is_running, wait_seconds, env.program_state_event)

    return wait_interval


def _with_scaled_token_timeout(clock: ScaledClock) -> Callable[..., None]:
    original = ExecutionState._evaluate_with_timeout

    def evaluate(self: Any, env: Any) -> None:
        condition = getattr(getattr(self, "resource", None), "condition", None)
        # a task token may wait days for a person; other timeouts run in real time
        if condition == ResourceCondition.WaitForTaskToken and not isinstance(self.timeout, _ScaledTimeout):
            self.timeout = _ScaledTimeout(self.timeout, clock.speed)
        original(self, env)

    return evaluate


def _cached_client(port: int, session: Session) -> Callable[..., Any]:
    lock = threading.Lock()
    config = Config(
        parameter_validation=False,
        retries={"total_max_attempts": 1},
        connect_timeout=10,
        read_timeout=86_400,
        proxies={},
        max_pool_connections=50,
    )

    # moto creates one client per task, which takes longer than the call and is not thread-safe
    @functools.cache
    def make(service: str, region: str, role_arn: str) -> Any:
        keys = session(role_arn, SESSION_NAME)
        own = boto3.session.Session(keys.access_key, keys.secret_key, keys.token, region_name=region)
        return own.client(service, endpoint_url=f"http://127.0.0.1:{port}", config=config)  # type: ignore[call-overload]

    def boto_client_for(region: str, service: str, state_credentials: Any) -> Any:
        with lock:
            return make(service, region, state_credentials.role_arn)

    return boto_client_for
