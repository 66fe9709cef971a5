"""A run as MLflow gets it: one run there, in the experiment of its name."""

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
    """Everything of an ended run but its report. Keys and values are as MLflow takes them."""

    run_id: str
    experiment: str
    status: Literal["FINISHED", "FAILED", "KILLED"] = Field(description="MLflow's own words.")
    started_at: datetime
    ended_at: datetime
    parameters: dict[str, str]
    tags: dict[str, str]
    metrics: tuple[TrackedMetric, ...]


class TrackingResult(Contract):
    """What became of one event. `skipped` says why nothing was sent."""

    mlflow_run_id: str = ""
    skipped: TextLine = ""
