from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from rft.contracts.ledger import RunStatus
from rft_cli.views.rewards import BLOCKS, Rewards, StepReward, is_simulated, rewards_of, sparkline
from tests.kit.views import JOB, MODEL, view


def rewards(training: dict[int, float | None], validation: dict[int, float | None], **parts: Any) -> Rewards:
    """Rewards by step, out of a view."""
    curves = {
        "training": [{"step": step, "reward": reward} for step, reward in training.items()],
        "validation": [{"step": step, "reward": reward} for step, reward in validation.items()],
    }
    return rewards_of(view(RunStatus.TRAINING, metrics={"steps_planned": 40, **curves}, **parts))


def test_validation_is_shown_next_to_the_step_it_followed() -> None:
    assert rewards({1: 0.25, 2: 0.5}, {2: 0.75}) == Rewards([StepReward(1, 0.25), StepReward(2, 0.5, 0.75)], steps=40)


def test_a_step_without_a_score_is_no_reward() -> None:
    assert rewards({1: 0.25, 2: None, 3: 0.5}, {3: None}).points == [StepReward(1, 0.25), StepReward(3, 0.5)]


def test_validation_finds_the_point_that_covers_its_step() -> None:
    found = rewards({4: 0.25, 8: 0.5}, {0: 0.1, 3: 0.2, 5: 0.3, 9: 0.4})
    assert found.points == [StepReward(4, 0.25, 0.2), StepReward(8, 0.5, 0.4)]
    assert rewards({}, {3: 0.2}).points == []


def test_a_run_without_metrics_has_no_rewards() -> None:
    assert rewards_of(view(RunStatus.PREPARING)) == Rewards([])


def test_simulated_rewards_are_marked() -> None:
    assert is_simulated(MODEL)
    assert not is_simulated(None)
    job = {**JOB.model_dump(mode="json"), "arn": JOB.arn.replace("0123456789ab", "emulated0001")}
    assert rewards({1: 0.5}, {}, job=job).simulated
    assert not rewards({1: 0.5}, {}).simulated


@given(values=st.lists(st.floats(0, 1), min_size=1, max_size=300), width=st.integers(1, 60))
def test_a_sparkline_fits_and_shows_the_last_value(values: list[float], width: int) -> None:
    line = sparkline(values, width)
    assert len(line) == min(len(values), width)
    assert line[-1] == sparkline(values[-1:])
    assert set(line) <= set(BLOCKS)


def test_a_sparkline_rises_with_its_values() -> None:
    assert sparkline([0, 0.5, 1]) == "▁▅█"
