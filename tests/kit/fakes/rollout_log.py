"""A rollout log, in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rft.contracts.telemetry import Rollout


class MemoryRolloutLog:
    """`written` has one (run id, rows) per object. `before` is called first and may raise or block."""

    def __init__(self, *, keeps_answers: bool = False, before: Callable[[], object] = lambda: None) -> None:
        self.keeps_answers = keeps_answers
        self._before = before
        self.written: list[tuple[str, list[Rollout]]] = []

    def write(self, run_id: str, rollouts: Sequence[Rollout]) -> None:
        self._before()
        self.written.append((run_id, list(rollouts)))
