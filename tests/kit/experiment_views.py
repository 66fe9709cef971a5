"""Experiments as returned by the API, built with its contracts."""

from __future__ import annotations

from typing import Any

from rft.contracts.experiments.record import (
    ArmStanding,
    ExperimentFailure,
    ExperimentRecord,
    ExperimentStatus,
    Leaderboard,
)
from rft.experiments.progress import with_arm
from rft.steps.api.experiments import experiment_view
from tests.kit.fake_experiment import FakeExperiment

EXPERIMENT_ID = "sweep-20261120t120000-0a1b2c3d"


def running_experiment() -> ExperimentRecord:
    """Return an experiment with three arms: one training, two pending."""
    fake = FakeExperiment()
    fake.prepare()
    fake.train(0, 0.6)
    fake.check()
    return fake.record.model_copy(update={"experiment_id": EXPERIMENT_ID})


def completed_experiment() -> ExperimentRecord:
    """Return an experiment in which `b` won, `a` was evaluated and `c` was stopped early."""
    record = running_experiment()
    for name, changes in {
        "a": {"status": "completed"},
        "b": {"status": "completed"},
        "c": {"status": "stopped", "reason": "at step 20 its reward 0.400 ranked [3] of 3"},
    }.items():
        record = with_arm(record, name, **changes)
    standings = (
        ArmStanding(
            rank=1, arm="b", estimate=0.3, interval=(0.2, 0.4), rows=200, p_behind_leader=None, among_best=True
        ),
        ArmStanding(rank=2, arm="a", estimate=0.1, interval=None, rows=200, p_behind_leader=0.01, among_best=False),
    )
    board = Leaderboard(
        objective="evaluation_difference", conclusion="winner", arms=3, standings=standings, best=("b",), simulated=True
    )
    return record.model_copy(update={"status": ExperimentStatus.COMPLETED, "leaderboard": board, "settled": True})


def failed_experiment() -> ExperimentRecord:
    """Return an experiment whose budget was exhausted before any arm could be evaluated."""
    failure = ExperimentFailure(error="NoArmEvaluated", cause="a: cancelled")
    changes = {
        "status": ExperimentStatus.FAILED,
        "failure": failure,
        "budget_reached": "4 of 3 training hours are spent",
    }
    return running_experiment().model_copy(update=changes)


def shown(record: ExperimentRecord) -> dict[str, Any]:
    """Return the body of `GET /experiments/{experiment_id}`."""
    return experiment_view(record).model_dump(mode="json")
