"""Polling interval of an experiment. Pure."""

from __future__ import annotations

import math

from rft.contracts.experiments.request import ExperimentRequest

MIN_SECONDS = 300
MAX_POLLS = 2_000
"""A poll adds 9 events to the execution's history, whose limit is 25,000 (Step Functions quotas)."""

HOURS_OUTSIDE_TRAINING = 12
"""Usual upper bound per run outside training: preparation, waiting for a job slot, evaluation."""


def poll_seconds(request: ExperimentRequest) -> int:
    """Five minutes, or longer if the maximum total duration of all arms would exceed the history limit."""
    arms = len(request.arms or ()) or (request.random.count if request.random else 0)
    if request.grid is not None:
        arms = math.prod(len(values) for values in request.grid.values())
    rounds = math.ceil(arms / request.max_parallel)
    hours = rounds * (request.base.max_training_hours + HOURS_OUTSIDE_TRAINING)
    return max(MIN_SECONDS, math.ceil(hours * 3600 / MAX_POLLS))
