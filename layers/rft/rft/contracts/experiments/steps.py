"""Inputs and outputs of the experiment's steps: references, never data."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from rft.contracts.base import Contract, RunId, TextBlock
from rft.contracts.experiments.record import ExperimentId, ExperimentStatus


class ExperimentInput(Contract):
    """The execution's input. `preparations` and `arms` are counts; items are numbered from 0."""

    experiment_id: ExperimentId
    preparations: int = Field(ge=1)
    arms: int = Field(ge=1)
    max_parallel: int = Field(ge=1)
    poll_seconds: int = Field(ge=1)


class StartArmInput(Contract):
    """start_arm's input: one of the preparations, or one of the arms."""

    experiment_id: ExperimentId
    kind: Literal["preparation", "arm"]
    number: int = Field(ge=0)


class StartedArm(Contract):
    """start_arm's output. If `start` is true, the state machine starts the run's execution as `run_id` with `input`."""

    start: bool
    run_id: RunId
    input: dict[str, Any] | None = None
    reason: str = ""


class CheckExperimentInput(Contract):
    experiment_id: ExperimentId


class ExperimentCheck(Contract):
    """check_experiment's output. `ended`: no arm is running or pending."""

    ended: bool
    running: int


class FinishExperimentInput(Contract):
    """finish_experiment's input. `error` is '' if the execution succeeded."""

    experiment_id: ExperimentId
    error: str = ""
    cause: TextBlock = ""


class FinishedExperiment(Contract):
    status: ExperimentStatus
    error: str = ""
    cause: TextBlock = ""
