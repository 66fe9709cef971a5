"""Moto's executions: end notifications and stopping."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.stepfunctions.parser.api import ExecutionStatus
from moto.stepfunctions.parser.backend.execution import BaseExecutionWorkerCommunication, Execution
from moto.stepfunctions.parser.models import stepfunctions_parser_backends
from moto.stepfunctions.parser.utils import TMP_THREADS
from moto.stepfunctions.responses import StepFunctionResponse


@dataclass(frozen=True)
class ExecutionEnd:
    """An ended execution. `input` and `output` are JSON values; `output` is None unless it succeeded."""

    arn: str
    name: str
    state_machine_arn: str
    status: str
    started: datetime
    stopped: datetime
    input: Any
    output: Any
    error: str | None
    cause: str | None


OnExecutionEnd = Callable[[ExecutionEnd], None]


def replacements(on_end: OnExecutionEnd) -> Iterator[tuple[Any, str, Any]]:
    once = _Once(on_end)
    yield BaseExecutionWorkerCommunication, "terminated", _terminating(once)
    yield Execution, "stop", _stopping_at_once(once)
    yield StepFunctionResponse, "stop_execution", _stop_execution
    yield StepFunctionResponse, "send_task_failure", _send_task_failure


def stop_all() -> None:
    for backends in stepfunctions_parser_backends.values():
        for backend in backends.values():
            for execution in backend._get_executions(ExecutionStatus.RUNNING):
                execution.stop(stop_date=datetime.now(UTC), error="Emulator.Closed", cause="the emulator was closed")


def join_threads() -> None:
    """Join the threads of all executions; waits up to 5 s for each."""
    for thread in TMP_THREADS:
        thread.join(timeout=5)
    TMP_THREADS.clear()


class _Once:
    """Calls `on_end` once per execution."""

    def __init__(self, on_end: OnExecutionEnd) -> None:
        self._on_end = on_end
        self._lock = threading.Lock()

    def __call__(self, execution: Any) -> None:
        with self._lock:
            if getattr(execution, "announced", False):
                return
            execution.announced = True
        self._on_end(_end_of(execution))


def _end_of(execution: Any) -> ExecutionEnd:
    return ExecutionEnd(
        arn=execution.exec_arn,
        name=execution.name,
        state_machine_arn=execution.state_machine.arn,
        status=execution.status,
        started=execution.start_date.astimezone(UTC),
        stopped=execution.stop_date,
        input=execution.input_data,
        output=execution.output,
        error=execution.error,
        cause=execution.cause,
    )


def _terminating(on_end: Callable[[Any], None]) -> Callable[..., None]:
    original = BaseExecutionWorkerCommunication.terminated

    def terminated(self: Any) -> None:
        if self.execution.exec_status == ExecutionStatus.RUNNING:
            original(self)
        on_end(self.execution)

    return terminated


def _stopping_at_once(on_end: Callable[[Any], None]) -> Callable[..., None]:
    original = Execution.stop

    def stop(self: Any, stop_date: datetime, error: str | None, cause: str | None) -> None:
        if self.exec_status != ExecutionStatus.RUNNING:
            return
        self.exec_status, self.stop_date, self.error, self.cause = ExecutionStatus.ABORTED, stop_date, error, cause
        if self.exec_worker.env is not None:
            original(self, stop_date, error, cause)
            # AWS aborts immediately; moto waits for the current task to finish, or forever for a task token
            for endpoint in self.exec_worker.env.callback_pool_manager._pool.values():
                endpoint.interrupt_all()
        on_end(self)

    return stop


def _stop_execution(self: Any) -> Any:
    execution = self.stepfunction_backend.describe_execution(self._get_param("executionArn"))
    # moto ignores error and cause
    execution.stop(datetime.now(UTC), self._get_param("error"), self._get_param("cause"))
    return ActionResult({"stopDate": execution.stop_date})


def _send_task_failure(self: Any) -> Any:
    token, error, cause = (self._get_param(name) for name in ("taskToken", "error", "cause"))
    # moto ignores the cause
    self.stepfunction_backend.send_task_failure(token, error=error, cause=cause)
    return EmptyResult()
