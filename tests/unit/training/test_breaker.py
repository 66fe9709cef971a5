from __future__ import annotations

import math
import random
from datetime import UTC, datetime

import pytest

from rft.contracts.breaker import (
    AnswerLength,
    BreakerRequest,
    ErrorShare,
    FlatGroups,
    JudgeCalls,
    JudgeCost,
    RewardCollapse,
    ValidationFalls,
)
from rft.contracts.metrics import TrainingMetrics, TrainingPoint, ValidationPoint
from rft.training.breaker import (
    SIGNALS,
    answer_length,
    breaker_findings,
    error_share,
    flat_groups,
    judge_calls,
    judge_cost,
    reward_collapse,
    tripped,
    validation_falls,
)
from rft.training.downsample import downsample_training, downsample_validation
from tests.kit.reward_curves import curve
from tests.kit.rollouts import judged

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
NOTHING = TrainingMetrics(rollouts_per_step=64)


def rising(steps: int, start: float = 0.4, end: float = 0.8) -> list[float | None]:
    return [start + (end - start) * step / steps for step in range(1, steps + 1)]


def test_every_signal_can_be_set_and_is_quiet_before_training() -> None:
    assert set(SIGNALS) == set(BreakerRequest.model_fields)
    assert breaker_findings(NOTHING, BreakerRequest(), (), at=AT) == ()


# ---- signals ------------------------------------------------------------------------------------------------------


def test_errors_of_the_last_steps_count_and_older_ones_do_not() -> None:
    rule = ErrorShare()
    dying = curve(rising(10), errors=lambda step: 64 if step > 9 else 0)
    dead = curve(rising(10), errors=lambda step: 64 if step > 8 else 0)
    past = curve(rising(20), errors=lambda step: 64 if step < 15 else 0)
    assert error_share(past, rule) == ""
    assert error_share(dying, rule) == (
        "33.3% of the rollouts (64 of 192) of the last 3 steps could not be graded; 30.0% are allowed"
    )
    assert error_share(dead, rule).startswith("66.7%")
    assert error_share(dead, ErrorShare(limit=0.7)) == ""


def test_two_steps_of_errors_are_inconclusive() -> None:
    assert error_share(curve([None, None], errors=lambda _: 64), ErrorShare()) == ""
    assert error_share(curve([None, None, None], errors=lambda _: 64), ErrorShare()).startswith("100.0%")


def test_a_constant_grader_is_detected() -> None:
    constant = curve([0.5] * 20, flat_groups=lambda _: 1.0)
    assert flat_groups(constant, FlatGroups()) == (
        "100.0% of the groups of the last 20 steps are flat, and the reward went from 0.500 to 0.500: there is "
        "nothing to learn from"
    )
    assert flat_groups(curve([0.5] * 19, flat_groups=lambda _: 1.0), FlatGroups()) == ""
    assert flat_groups(curve([0.5] * 20, flat_groups=lambda _: 0.9), FlatGroups()) == ""


def test_a_fully_trained_model_may_have_flat_rewards() -> None:
    learned = curve([*rising(40, 0.4, 0.98), *[0.98] * 60], flat_groups=lambda step: 0.5 if step < 40 else 1.0)
    assert flat_groups(learned, FlatGroups()) == ""


def test_a_reward_that_collapses_is_measured_against_its_best() -> None:
    collapsed = curve([*rising(60, 0.3, 0.8), *[0.2] * 10])
    message = reward_collapse(collapsed, RewardCollapse())
    assert "is 0.200; at step 60 it was 0.7" in message
    assert "50% are allowed" in message
    assert reward_collapse(collapsed, RewardCollapse(limit=0.9)) == ""
    assert reward_collapse(curve([*rising(60, 0.3, 0.8), *[0.5] * 10]), RewardCollapse()) == ""


def test_a_collapse_is_detected_long_after_the_best_step() -> None:
    assert reward_collapse(curve([*[0.8] * 50, *[0.45] * 900, *[0.2] * 10]), RewardCollapse())


def test_missing_rare_rewards_are_no_collapse() -> None:
    sparse = curve([*[0.04] * 10, *[0.005] * 10], spread=lambda _: 0.15, rollouts=lambda _: 32, groups=lambda _: 16)
    assert reward_collapse(sparse, RewardCollapse()) == ""


def test_steps_without_a_score_are_no_collapse() -> None:
    unscored = curve([*rising(20), *[None] * 10], errors=lambda step: 64 if step > 20 else 0)
    assert reward_collapse(unscored, RewardCollapse()) == ""


def test_falling_validation_with_rising_training_is_reported() -> None:
    falling = curve(rising(120), lambda step: 0.7 if step <= 50 else 0.5)
    assert validation_falls(falling, ValidationFalls()) == (
        "validation fell from 0.700 at step 30 to 0.500, by more than 0.1, while the training reward rose by 0.300"
    )
    assert validation_falls(curve([0.6] * 120, lambda step: 0.7 if step <= 50 else 0.5), ValidationFalls()) == ""
    assert validation_falls(curve(rising(120), lambda step: 0.7 if step <= 50 else 0.65), ValidationFalls()) == ""


def test_few_held_out_rows_prove_no_fall() -> None:
    falling = curve(rising(120), lambda step: 0.7 if step <= 50 else 0.5)
    few = tuple(point.model_copy(update={"rollouts": 20}) for point in falling.validation)
    assert validation_falls(falling.model_copy(update={"validation": few}), ValidationFalls()) == ""


def test_exploding_answer_lengths_are_reported() -> None:
    exploding = curve(rising(40), length=lambda step: 300.0 if step <= 20 else 1200.0)
    assert answer_length(exploding, AnswerLength()) == (
        "answers of the last 10 steps have 1200 characters on average, those of the first 10 had 300; "
        "3 times that is allowed"
    )
    assert answer_length(exploding, AnswerLength(limit=5)) == ""
    assert answer_length(curve(rising(40), length=lambda step: 5.0 * step), AnswerLength()) == "", "short all the same"


def test_the_first_steps_count_after_downsampling() -> None:
    exploding = curve(rising(2000), length=lambda step: 300.0 if step <= 1000 else 1200.0)
    assert answer_length(exploding, AnswerLength())


def test_judge_budgets_are_enforced() -> None:
    spent = NOTHING.model_copy(update={"judge": judged(1001, input_tokens=2_000_000, output_tokens=100_000)})
    assert judge_calls(spent, JudgeCalls()) == judge_cost(spent, JudgeCost()) == ""
    assert judge_calls(spent, JudgeCalls(limit=1001)) == ""
    assert judge_calls(spent, JudgeCalls(limit=1000)) == "the judges were called 1,001 times; 1,000 are allowed"
    prices = {"usd_per_million_input_tokens": 0.8, "usd_per_million_output_tokens": 3.2}
    assert judge_cost(spent, JudgeCost.model_validate({"limit": 2, **prices})) == ""
    assert judge_cost(spent, JudgeCost.model_validate({"limit": 1.9, **prices})) == (
        "the judges' tokens cost about 1.92 USD by the prices in the request; 1.90 are allowed"
    )


def test_a_budget_of_money_needs_prices() -> None:
    with pytest.raises(ValueError, match="needs both"):
        JudgeCost(limit=5, usd_per_million_input_tokens=1)


# ---- findings -----------------------------------------------------------------------------------------------------

DEAD = curve([None] * 5, errors=lambda _: 64)


def test_a_finding_has_its_action_and_is_reported_once() -> None:
    (found,) = breaker_findings(DEAD, BreakerRequest(), (), at=AT)
    assert (found.signal, found.action, found.step, found.at) == ("error_share", "stop", 5, AT)
    assert tripped([found]) == found
    assert breaker_findings(DEAD, BreakerRequest(), (found,), at=AT) == ()


def test_a_run_chooses_what_a_signal_does() -> None:
    (warned,) = breaker_findings(DEAD, BreakerRequest(error_share=ErrorShare(action="warn")), (), at=AT)
    assert (warned.action, tripped([warned])) == ("warn", None)
    assert breaker_findings(DEAD, BreakerRequest(error_share=ErrorShare(action="off")), (), at=AT) == ()


def test_after_the_jobs_end_it_only_warns() -> None:
    (found,) = breaker_findings(DEAD, BreakerRequest(), (), at=AT, may_stop=False)
    assert found.action == "warn"


# ---- a healthy run ------------------------------------------------------------------------------------------------


class HealthyRun:
    """Five hundred steps of a policy that learns, with all the noise of drawing prompts and answers.

    Prompts differ in how hard they are; the harder ones are learned later, some never. Answers are right or wrong, or
    graded in between. Some rollouts cannot be graded, answers get up to twice as long, and validation is a plateau
    that lags behind training.
    """

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.batch = self.random.choice([16, 32, 64])
        self.samples = self.random.choice([2, 4, 8])
        self.rows = self.random.choice([20, 50, 100, 200])
        self.start = self.random.uniform(0.05, 0.6)
        self.gain = self.random.uniform(0.1, 0.95 - self.start)
        self.pace = self.random.uniform(20, 200)
        self.differing = self.random.uniform(0.3, 2.0)
        self.binary = self.random.random() < 0.5
        self.errors = self.random.choice([0, 0, 0.01, 0.08])
        self.growth = self.random.uniform(0.5, 2)

    def chance(self, level: float) -> float:
        return 1 / (1 + math.exp(-(math.log(level / (1 - level)) + self.random.gauss(0, self.differing))))

    def graded(self, chance: float) -> float:
        if self.binary:
            return float(self.random.random() < chance)
        return round(min(1.0, max(0.0, self.random.gauss(chance, 0.15))), 1)

    def point(self, step: int) -> TrainingPoint:
        level = self.start + self.gain * (1 - math.exp(-step / self.pace))
        scores, flat, groups, errors = list[float](), 0, 0, 0
        for _ in range(self.batch):
            chance = self.chance(level)
            drawn = [self.graded(chance) for _ in range(self.samples)]
            valid = [score for score in drawn if self.random.random() >= self.errors]
            errors += self.samples - len(valid)
            groups += len(valid) > 1
            flat += len(valid) > 1 and len(set(valid)) == 1
            scores += valid
        mean = sum(scores) / len(scores)
        return TrainingPoint(
            step=step,
            rollouts=self.batch * self.samples,
            errors=errors,
            reward=mean,
            spread=math.sqrt(sum((s - mean) ** 2 for s in scores) / len(scores)),
            length=400 * (1 + (self.growth - 1) * step / 500) * self.random.uniform(0.9, 1.1),
            groups=groups,
            flat_groups=flat / groups if groups else None,
            judge_calls=0,
        )

    def held_out(self, step: int) -> ValidationPoint:
        level = self.start + 0.8 * self.gain * (1 - math.exp(-step / self.pace))
        scores = [self.graded(self.chance(level)) for _ in range(self.rows)]
        mean = sum(scores) / len(scores)
        spread = math.sqrt(sum((s - mean) ** 2 for s in scores) / len(scores))
        return ValidationPoint(step=step, rollouts=self.rows, errors=0, reward=mean, spread=spread, length=400)


@pytest.mark.parametrize("seed", range(40))
def test_a_healthy_run_is_never_stopped(seed: int) -> None:
    """Evaluated after every fifth step, with warning signals set to stop: chance trips no signal."""
    run, rules = HealthyRun(seed), BreakerRequest()
    metrics = TrainingMetrics(rollouts_per_step=run.batch * run.samples)
    for step in range(1, 501):
        points = downsample_training((*metrics.training, run.point(step)))
        passes = metrics.validation
        if step % 10 == 0:
            passes = downsample_validation((*passes, run.held_out(step)))
        metrics = metrics.model_copy(update={"steps": step, "training": points, "validation": passes})
        if step % 5 == 0:
            assert breaker_findings(metrics, rules, (), at=AT) == ()
