"""Sources and destination of a run's report."""

from __future__ import annotations

from dataclasses import dataclass

from rft.ports.runs import RunHistory
from rft.ports.storage import ObjectStore
from rft.ports.training import RolloutReader


@dataclass(frozen=True)
class ReportSources:
    """Sources of a report's data; the report is written to `store`. `answers_captured`: it may include texts."""

    history: RunHistory
    store: ObjectStore
    rollouts: RolloutReader
    answers_captured: bool
