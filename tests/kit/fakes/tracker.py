"""A tracking server, in memory."""

from __future__ import annotations

from collections.abc import Mapping

from rft.contracts.outbound.tracked_run import TrackedRun


class MemoryTracker:
    """Records runs and their files, in order."""

    def __init__(self) -> None:
        self.tracked: list[tuple[TrackedRun, Mapping[str, bytes]]] = []

    def track(self, run: TrackedRun, files: Mapping[str, bytes]) -> str:
        self.tracked.append((run, files))
        return f"mlflow-{run.run_id}"
