from __future__ import annotations

import math

import pytest

from rft.rewards.components import Component, score_of


def test_the_score_is_the_weighted_sum_of_rewarded_components() -> None:
    parts = [Component("a", 1, 0.7), Component("b", 0.5, 0.2), Component("c", 0, 0.1), Component("seconds", 12.5)]

    assert score_of(parts) == 0.8


def test_full_marks_are_exactly_one() -> None:
    assert score_of([Component("a", 1, 0.7), Component("b", 1, 0.1), Component("c", 1, 0.2)]) == 1


@pytest.mark.parametrize("value", [math.nan, math.inf, -0.1, 1.1, 5])
def test_a_reward_outside_its_range_is_refused_and_not_clamped(value: float) -> None:
    with pytest.raises(ValueError, match=r"not in 0\.\.1"):
        score_of([Component("a", value, 1)])


@pytest.mark.parametrize("weights", [[], [0.5], [0.7, 0.7]])
def test_weights_must_add_up_to_one(weights: list[float]) -> None:
    with pytest.raises(ValueError, match="add up to 1"):
        score_of([Component("a", 1, weight) for weight in weights])


def test_a_component_says_whether_it_is_rewarded() -> None:
    assert Component("a", 0.5, 0.0).metric.type == "Reward"
    assert Component("a", 0.5).metric.type == "Metric"
