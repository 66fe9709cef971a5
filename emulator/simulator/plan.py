"""Number and size of training steps, from rows and hyperparameters, limited to seconds on a laptop. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

DEFAULTS: Mapping[str, Any] = {
    "epochCount": 1,
    "batchSize": 64,
    "learningRate": 5e-5,
    "trainingSamplePerPrompt": 4,
    "evalInterval": 10,
}
"""Defaults of hyperparameters. Invented, because Bedrock's defaults are not published."""


@dataclass(frozen=True)
class SimulationPlan:
    """A job's plan. `steps` is the number that the request implies, `simulated_steps` the number that runs.

    A step uses `prompts` rows, each answered `samples` times; `batch` is the number of rows in the request.
    """

    rows: int
    steps: int
    simulated_steps: int
    batch: int
    prompts: int
    samples: int
    steps_per_epoch: int
    eval_interval: int
    learning_rate: float

    @property
    def cuts(self) -> list[str]:
        """Sentences that describe what was truncated; empty if nothing was."""
        cuts = []
        if self.simulated_steps < self.steps:
            cuts.append(f"{self.simulated_steps} of {self.steps} training steps were simulated.")
        if self.prompts < self.batch:
            cuts.append(f"Each step graded {self.prompts} prompts of a batch of {self.batch}.")
        return cuts


def plan_simulation(
    rows: int, hyperparameters: Mapping[str, Any], *, max_steps: int, max_rollouts: int
) -> SimulationPlan:
    """Steps per epoch: ceil(rows / batchSize). Rollouts per step: batchSize * trainingSamplePerPrompt."""
    chosen = {**DEFAULTS, **hyperparameters}
    batch, samples = int(chosen["batchSize"]), int(chosen["trainingSamplePerPrompt"])
    per_epoch = math.ceil(rows / batch)
    steps = per_epoch * int(chosen["epochCount"])
    return SimulationPlan(
        rows=rows,
        steps=steps,
        simulated_steps=min(steps, max_steps),
        batch=batch,
        prompts=max(1, min(batch, max_rollouts // samples)),
        samples=samples,
        steps_per_epoch=per_epoch,
        eval_interval=int(chosen["evalInterval"]),
        learning_rate=float(chosen["learningRate"]),
    )
