"""Executions of the state machine on Step Functions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from rft.adapters.aws_errors import translated
from rft.errors import RetryableServiceError, RftError, RunConflict
from rft.ports.runs import Execution

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient


MAX_CAUSE = 32_768
"""Step Functions API Reference, StopExecution."""

NOT_WAITING = ("InvalidToken", "TaskDoesNotExist", "TaskTimedOut")
"""Error codes of SendTaskSuccess for a token whose task has ended; InvalidToken also for an invalid token."""


class _Unknown(RftError):
    """The execution, or its waiting task, does not exist."""


class _StopRefused(RftError):
    """Step Functions rejected stopping the execution, for example because it has ended."""


class StepFunctionsExecutions:
    """Implements `rft.ports.runs.Executions`; a run's execution is named after the run."""

    def __init__(self, client: SFNClient, *, state_machine_arn: str) -> None:
        self._client = client
        self._state_machine_arn = state_machine_arn

    def start(self, run_id: str, payload: Mapping[str, Any]) -> str:
        """Returns the ARN also of an existing execution, if its payload is equal."""
        try:
            with translated({"ExecutionAlreadyExists": RunConflict}):
                return self._client.start_execution(
                    stateMachineArn=self._state_machine_arn, name=run_id, input=json.dumps(payload, sort_keys=True)
                )["executionArn"]
        except RunConflict:
            # Step Functions is idempotent only while the execution runs; afterwards it rejects the name.
            return self._existing(run_id, payload)

    def find(self, run_id: str) -> Execution | None:
        try:
            with translated({"ExecutionDoesNotExist": _Unknown}):
                found = self._client.describe_execution(executionArn=self._arn(run_id))
        except _Unknown:
            return None
        return Execution(status=found["status"], error=found.get("error") or "", cause=found.get("cause") or "")

    def stop(self, run_id: str, *, error: str, cause: str) -> None:
        refusals = {"ExecutionDoesNotExist": _Unknown, "ValidationException": _StopRefused}
        try:
            with suppress(_Unknown), translated(refusals):
                self._client.stop_execution(executionArn=self._arn(run_id), error=error, cause=cause[:MAX_CAUSE])
        except _StopRefused as refused:
            found = self.find(run_id)
            if found is not None and not found.ended:
                raise RetryableServiceError(str(refused)) from refused

    def send_task_success(self, token: str, output: Mapping[str, Any]) -> bool:
        try:
            with translated(dict.fromkeys(NOT_WAITING, _Unknown)):
                self._client.send_task_success(taskToken=token, output=json.dumps(output))
        except _Unknown:
            return False
        return True

    def _existing(self, run_id: str, payload: Mapping[str, Any]) -> str:
        # DescribeExecution is eventually consistent: a new execution may not be found for a moment.
        with translated({"ExecutionDoesNotExist": RetryableServiceError}):
            known = self._client.describe_execution(executionArn=self._arn(run_id))
        if json.loads(known["input"]) != payload:
            raise RunConflict(f"an execution named {run_id} was started with another request")
        return known["executionArn"]

    def _arn(self, run_id: str) -> str:
        return self._state_machine_arn.replace(":stateMachine:", ":execution:", 1) + f":{run_id}"
