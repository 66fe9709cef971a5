"""Limit of 256 KB on data passed between states. Exceeding it fails the execution and cannot be caught.

AWS Step Functions Developer Guide, "Error names": States.DataLimitExceeded. Moto checks results and outputs only, and
lets States.ALL catch the error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from moto.stepfunctions.parser.asl.component.common.catch.catch_outcome import CatchOutcome
from moto.stepfunctions.parser.asl.component.common.retry.retry_outcome import RetryOutcome
from moto.stepfunctions.parser.asl.component.state.exec.execute_state import ExecutionState
from moto.stepfunctions.parser.asl.component.state.exec.state_task.state_task import StateTask

DATA_LIMIT_EXCEEDED = "States.DataLimitExceeded"


def replacements() -> Iterator[tuple[Any, str, Any]]:
    yield ExecutionState, "_handle_retry", _without_retry(ExecutionState._handle_retry)
    yield ExecutionState, "_handle_catch", _without_catch(ExecutionState._handle_catch)
    yield StateTask, "_eval_parameters", _measured(StateTask._eval_parameters)


def _without_retry(original: Callable[..., RetryOutcome]) -> Callable[..., RetryOutcome]:
    def handle_retry(self: Any, env: Any, failure_event: Any) -> RetryOutcome:
        return RetryOutcome.CannotRetry if _is_data_limit(failure_event) else original(self, env, failure_event)

    return handle_retry


def _without_catch(original: Callable[..., None]) -> Callable[..., None]:
    def handle_catch(self: Any, env: Any, failure_event: Any) -> None:
        if _is_data_limit(failure_event):
            env.stack.append(CatchOutcome.NotCaught)
        else:
            original(self, env, failure_event)

    return handle_catch


def _measured(original: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    def eval_parameters(self: Any, env: Any) -> dict[str, Any]:
        parameters = original(self, env)
        # moto does not check a task's Arguments
        self._verify_size_quota(env=env, value=parameters)
        return parameters

    return eval_parameters


def _is_data_limit(failure_event: Any) -> bool:
    name = failure_event.error_name
    return name is not None and name.error_name == DATA_LIMIT_EXCEEDED
