"""Executions of the state machine in memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rft.errors import RunConflict


class MemoryExecutions:
    """Remembers what was started. An exception put in `fails_with` is raised once instead of starting."""

    def __init__(self) -> None:
        self.started: dict[str, dict[str, Any]] = {}
        self.fails_with: list[Exception] = []

    def start(self, run_id: str, payload: Mapping[str, Any]) -> str:
        if self.fails_with:
            raise self.fails_with.pop(0)
        if self.started.setdefault(run_id, dict(payload)) != payload:
            raise RunConflict(f"an execution named {run_id} was started with another request")
        return f"arn:aws:states:us-east-1:123456789012:execution:TrainModel:{run_id}"
