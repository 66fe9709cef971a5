"""What the API answers about experiments."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from rft.contracts.base import Contract
from rft.contracts.experiments.record import Conclusion, ExperimentId, ExperimentRecord, ExperimentStatus

Link = Literal["self"]


def experiment_links(experiment_id: str) -> dict[Link, str]:
    """Where this API has the experiment."""
    return {"self": f"/experiments/{experiment_id}"}


class ExperimentView(ExperimentRecord):
    """An experiment as it stands: arms as last seen, and the leaderboard once it has ended."""

    links: dict[Link, str]


class ExperimentAccepted(Contract):
    """The experiment of a request, and its links."""

    experiment_id: ExperimentId
    status: ExperimentStatus
    arms: int
    links: dict[Link, str]


class ExperimentLine(Contract):
    """An experiment in a list."""

    experiment_id: ExperimentId
    name: str
    status: ExperimentStatus
    created_at: datetime
    updated_at: datetime
    arms: int
    running: int = Field(description="Arms that run, as last seen.")
    conclusion: Conclusion | None
    best: tuple[str, ...] = Field(description="Arms that are not shown to be worse than the leader.")
    links: dict[Link, str]


class ExperimentList(Contract):
    """Experiments, newest first."""

    experiments: tuple[ExperimentLine, ...]
    cursor: str | None = Field(description="Leads to the next part; null where there is none.")
