"""An ended run as exported to MLflow: one MLflow run in the experiment of the same name."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from rft.contracts.base import Contract, TextLine


class TrackedMetric(Contract):
    """One value of a metric; `step` is a training step, 0 for figures of the whole run."""

    key: str
    value: float
    step: int = 0


class TrackedRun(Contract):
    """All data of an ended run except its report, with keys and values in MLflow's format."""

    run_id: str
    experiment: str
    status: Literal["FINISHED", "FAILED", "KILLED"] = Field(description="MLflow's own words.")
    started_at: datetime
    ended_at: datetime
    parameters: dict[str, str]
    tags: dict[str, str]
    metrics: tuple[TrackedMetric, ...]


class TrackingResult(Contract):
    """Result of exporting one event. `skipped`: why nothing was sent."""

    mlflow_run_id: str = ""
    skipped: TextLine = ""
