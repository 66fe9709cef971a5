from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from rft.contracts.ledger import RunStatus
from rft_cli.rewards import BLOCKS, Rewards, StepReward, known_rewards, metrics_files, rewards_of_tables, sparkline
from tests.fakes.views import view

TRAINING = "runs/a/output/job/training_artifacts/step_wise_training_metrics.csv"
VALIDATION = "runs/a/output/job/validation_artifacts/post_fine_tuning_validation/validation_metrics.csv"


def _row(step: str, mean: str, **more: str) -> dict[str, str]:
    return {"step_number": step, "reward_mean": mean, **more}


def test_validation_is_beside_the_step_it_followed() -> None:
    tables = [(TRAINING, [_row("2", "0.5"), _row("1", "0.25")]), (VALIDATION, [_row("2", "0.75")])]
    assert rewards_of_tables(tables) == Rewards([StepReward(1, 0.25), StepReward(2, 0.5, 0.75)])


def test_a_simulated_policy_says_so() -> None:
    assert rewards_of_tables([(TRAINING, [_row("1", "0.5", simulated_policy="true")])]).simulated


@pytest.mark.parametrize("row", [_row("1", ""), _row("", "0.5"), _row("one", "0.5"), _row("1", "nan"), {"loss": "1"}])
def test_a_row_without_a_score_is_no_reward(row: dict[str, str]) -> None:
    assert rewards_of_tables([(TRAINING, [row])]).points == []


def test_the_views_own_rewards_go_first() -> None:
    metrics = {
        "steps_planned": 40,
        "training": [{"step": 1, "reward": 0.25}, {"step": 2, "reward": None}, {"step": 3, "reward": 0.5}],
        "validation": [{"step": 3, "reward": 0.75}],
    }
    expected = Rewards([StepReward(1, 0.25), StepReward(3, 0.5, 0.75)], steps=40)
    assert known_rewards(None)(view(RunStatus.TRAINING, metrics=metrics)) == expected


def test_who_may_not_read_the_files_sees_no_rewards() -> None:
    class Forbidding:
        def get_paginator(self, _: str) -> Any:
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "ListObjectsV2")

    assert metrics_files(Forbidding())(view(RunStatus.TRAINING)) == Rewards()


def test_a_run_without_a_job_has_no_files() -> None:
    assert metrics_files(None)(view(RunStatus.PREPARING)) == Rewards()


@given(values=st.lists(st.floats(0, 1), min_size=1, max_size=300), width=st.integers(1, 60))
def test_a_sparkline_fits_and_shows_the_last_value(values: list[float], width: int) -> None:
    line = sparkline(values, width)
    assert len(line) == min(len(values), width)
    assert line[-1] == sparkline(values[-1:])
    assert set(line) <= set(BLOCKS)


def test_a_sparkline_rises_with_its_values() -> None:
    assert sparkline([0, 0.5, 1]) == "▁▅█"
