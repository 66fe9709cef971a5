"""Where a run's report comes from and goes to."""

from __future__ import annotations

from dataclasses import dataclass

from rft.ports.runs import RunHistory
from rft.ports.storage import ObjectStore
from rft.ports.training import RolloutReader


@dataclass(frozen=True)
class ReportSources:
    """What a report takes its figures from; `store` takes its files, too. `answers_captured`: it may show texts."""

    history: RunHistory
    store: ObjectStore
    rollouts: RolloutReader
    answers_captured: bool
