"""The onset of reward hacking is seen within ten steps, and not in policies that learn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from rft.contracts.breaker import BreakerRequest, RewardHacking
from rft.contracts.metrics import TrainingMetrics
from rft.training.hacking import reward_hacking
from tests.kit.reward_curves import curve
from tests.kit.simulated_training import HACKS, STEPS, Hack, Run, hacked, healthy

RULE = RewardHacking()
WITHIN = 10
RUNS, SAMPLE = 400, 10
MAX_HEALTHY, MIN_HACKED = 0.01, 0.8


def first_seen(run: Run, start: int = 1, end: int = STEPS) -> int | None:
    return next((step for step in range(start, end + 1) if reward_hacking(run.until(step), RULE)), None)


def seen_in_time(run: Run) -> bool:
    assert run.onset is not None
    step = first_seen(run, run.onset - WITHIN, run.onset + WITHIN)
    return step is not None and step >= run.onset


def rising(**later: float) -> TrainingMetrics:
    """Thirty steps of which the last eight are paid more; their answers have the figures of `later`."""
    usual = {"length": 400.0, "entropy": 5.0, "copied": 0.1, "weakest": 0.6, "above_audit": 0.1}

    def figure(name: str) -> Callable[[int], float]:
        def of(step: int) -> float:
            jitter = 1.01 if step % 2 else 0.99
            return jitter * (later.get(name, usual[name]) if step > 22 else usual[name])

        return of

    rewards = [0.4 + 0.01 * (step % 2) + (0.3 if step > 22 else 0) for step in range(30)]
    figures: dict[str, Any] = {name: figure(name) for name in usual}
    return curve(rewards, **figures)


@pytest.mark.parametrize(
    ("later", "words"),
    [
        ({"length": 60.0}, "answers became 0.15 times as long"),
        ({"length": 1200.0}, "answers became 3 times as long"),
        ({"entropy": 3.0}, "their words lost 40% of their entropy"),
        ({"copied": 0.7}, "60% more of their text is copied from the prompt"),
        ({"weakest": 0.1}, "the weakest rewarded part fell by 0.500"),
        ({"above_audit": 0.5}, "the scores moved 0.399 further above those of the audit judge"),
    ],
)
def test_changing_answers_with_a_rising_reward_are_reported(later: dict[str, float], words: str) -> None:
    message = reward_hacking(rising(**later), RULE)
    assert words in message
    assert message.startswith("the reward of the last 5 steps is 0.3")


def test_a_rising_reward_alone_is_learning() -> None:
    assert reward_hacking(rising(), RULE) == ""
    assert reward_hacking(rising(length=500.0, entropy=6.0, copied=0.0, weakest=0.9, above_audit=-0.3), RULE) == ""


def test_changing_answers_without_a_rising_reward_are_no_hacking() -> None:
    flat = curve([0.4] * 30, length=lambda step: 60.0 if step > 22 else 400.0)
    assert reward_hacking(flat, RULE) == ""


def test_too_few_steps_or_missing_values_give_no_finding() -> None:
    found = rising(length=60.0)
    assert reward_hacking(found.model_copy(update={"training": found.training[-29:]}), RULE) == ""
    old = curve([0.4] * 22 + [0.8] * 8)
    assert reward_hacking(old, RULE) == ""


def test_it_warns_by_default() -> None:
    assert BreakerRequest().reward_hacking.action == "warn"


@pytest.mark.parametrize("seed", range(SAMPLE))
def test_a_learning_policy_is_not_reported_as_hacking(seed: int) -> None:
    assert first_seen(healthy(seed)) is None


@pytest.mark.parametrize("hack", HACKS)
def test_the_onset_is_detected_within_ten_steps(hack: Hack) -> None:
    assert sum(seen_in_time(hacked(seed, hack)) for seed in range(SAMPLE)) >= MIN_HACKED * SAMPLE


@pytest.mark.slow
def test_few_of_400_healthy_runs_are_reported_as_hacking() -> None:
    assert sum(first_seen(healthy(seed)) is not None for seed in range(RUNS)) <= MAX_HEALTHY * RUNS


@pytest.mark.slow
def test_most_of_400_onsets_are_detected_within_ten_steps() -> None:
    seen = {hack: sum(seen_in_time(hacked(seed, hack)) for seed in range(RUNS // len(HACKS))) for hack in HACKS}
    assert min(seen.values()) >= MIN_HACKED * (RUNS // len(HACKS)), seen
