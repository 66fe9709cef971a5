"""Executions of the state machine, in memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rft.errors import RunConflict
from rft.ports.runs import Execution


class MemoryExecutions:
    """Records started executions. An exception in `fails_with` is raised once instead of starting or stopping.

    `ended` has the results of executions, `waiting` the pending task tokens, `outputs` the outputs sent for them.
    """

    def __init__(self) -> None:
        self.started: dict[str, dict[str, Any]] = {}
        self.ended: dict[str, Execution] = {}
        self.waiting: set[str] = set()
        self.outputs: list[dict[str, Any]] = []
        self.fails_with: list[Exception] = []

    def start(self, run_id: str, payload: Mapping[str, Any]) -> str:
        if self.fails_with:
            raise self.fails_with.pop(0)
        if self.started.setdefault(run_id, dict(payload)) != payload:
            raise RunConflict(f"an execution named {run_id} was started with another request")
        return f"arn:aws:states:us-east-1:123456789012:execution:TrainModel:{run_id}"

    def find(self, run_id: str) -> Execution | None:
        if run_id not in self.started:
            return None
        return self.ended.get(run_id, Execution(status="RUNNING"))

    def stop(self, run_id: str, *, error: str, cause: str) -> None:
        if self.fails_with:
            raise self.fails_with.pop(0)
        if run_id in self.started:
            self.ended.setdefault(run_id, Execution(status="ABORTED", error=error, cause=cause))

    def send_task_success(self, token: str, output: Mapping[str, Any]) -> bool:
        if token not in self.waiting:
            return False
        self.waiting.remove(token)
        self.outputs.append(dict(output))
        return True
