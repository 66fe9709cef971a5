"""API responses about experiments."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from rft.contracts.base import Contract
from rft.contracts.experiments.record import Conclusion, ExperimentId, ExperimentRecord, ExperimentStatus

Link = Literal["self"]


def experiment_links(experiment_id: str) -> dict[Link, str]:
    """Returns the link to an experiment."""
    return {"self": f"/experiments/{experiment_id}"}


class ExperimentView(ExperimentRecord):
    """An experiment's current state: arms as of the last check, and the leaderboard once it has ended."""

    links: dict[Link, str]


class ExperimentAccepted(Contract):
    """The accepted experiment and its links."""

    experiment_id: ExperimentId
    status: ExperimentStatus
    arms: int
    links: dict[Link, str]


class ExperimentLine(Contract):
    """An experiment in the list of experiments."""

    experiment_id: ExperimentId
    name: str
    status: ExperimentStatus
    created_at: datetime
    updated_at: datetime
    arms: int
    running: int = Field(description="Running arms at the last check.")
    conclusion: Conclusion | None
    best: tuple[str, ...] = Field(description="Arms that are not significantly worse than the leader.")
    links: dict[Link, str]


class ExperimentList(Contract):
    """Experiments, newest first."""

    experiments: tuple[ExperimentLine, ...]
    cursor: str | None = Field(description="Cursor of the next page; null on the last one.")
