from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft.contracts.calibration import CalibrationSummary
from rft.contracts.forecast import Forecast, Range
from rft.contracts.prices import Pace, PriceTable, TokenPrices
from rft.forecast.estimate import forecast
from rft.forecast.measured_grader import Allowances, GraderFacts
from rft.forecast.measuring import ModelFacts
from rft.forecast.prices import LIST_PRICES
from tests.kit.forecast import JUDGE, prepared_dataset, smoke_test_report
from tests.kit.records import run_record

BASE = "us.amazon.nova-2-lite-v1:0"
PRO = "us.amazon.nova-pro-v1:0"
KNOWN = LIST_PRICES.model_copy(update={"training_hour": 10.0})


def made(
    *,
    judge: dict[str, int] | None = JUDGE,
    own: bool = True,
    judges: tuple[str, ...] = (PRO,),
    models: ModelFacts | None = None,
    p95: float | None = 9.0,
    prices: PriceTable = LIST_PRICES,
    allowances: Allowances | None = None,
    dataset: dict[str, Any] | None = None,
    answers: int = 400,
    **request: Any,
) -> Forecast:
    return forecast(
        request=run_record(**request).request,
        dataset=prepared_dataset(**(dataset or {})),
        report=smoke_test_report(judge=judge, p95=p95, answers=answers),
        grader=GraderFacts(own=own, judge_models=judges),
        models=models or ModelFacts(BASE),
        prices=prices,
        allowances=allowances or Allowances(),
    )


def usd(found: Forecast, name: str) -> Range | None:
    return next(line.usd for line in found.cost if line.name == name)


def test_steps_and_rollouts_follow_from_rows_and_hyperparameters() -> None:
    found = made()
    assert found.steps == 100
    assert found.rollouts == Range(low=800 * 2 * 4 + 10 * 100, high=800 * 2 * 4 + 11 * 100 * 4)
    assert found.grader_invocations.low == math.ceil(7400 / 64)
    assert found.grader_concurrency == 1
    assert made(dataset={"batchSize": 512, "trainingSamplePerPrompt": 16}).grader_concurrency == 12


def test_judge_calls_follow_the_smoke_tests_count() -> None:
    found = made()
    assert found.judge_calls == Range(low=0, high=11_880)
    assert found.judge_calls_in_all == Range(low=220, high=11_880 + 220)
    assert found.judge_input_tokens is not None
    assert found.judge_input_tokens.high == 11_880 * 500
    assert found.smoke_test.judge_answers_planned == 400


def test_a_judge_of_every_answer_is_called_for_every_rollout() -> None:
    found = made(judge={**JUDGE, "answers": 400, "calls": 400})
    assert found.judge_calls == found.rollouts


def test_a_rule_based_grader_calls_no_judge_and_a_foreign_one_may() -> None:
    own, foreign = made(judge=None), made(judge=None, own=False)
    assert (own.judge_calls_in_all, usd(own, "judge")) == (Range(low=0, high=0), Range(low=0, high=0))
    assert (foreign.judge_calls_in_all, usd(foreign, "judge")) == (None, None)
    assert foreign.smoke_test.judge_calls is None


def test_an_unknown_price_leaves_the_total_without_an_upper_bound() -> None:
    found = made()
    assert usd(found, "training") is None
    assert found.cost[0].unknown == ("the price of an hour of reinforcement fine-tuning",)
    assert found.cost_usd is not None
    assert found.cost_usd.low > 0
    assert found.cost_usd.high is None
    nothing = made(prices=PriceTable(as_of="2026-11", source="ours"), judge=None, own=False, p95=None)
    assert nothing.cost_usd is None
    assert made(judge=None).cost_usd is None, "rules cost next to nothing, but the training does not: no sum of 0"


def test_known_prices_make_a_range_of_dollars() -> None:
    found = made(prices=KNOWN, max_training_hours=24)
    assert found.cost_usd is not None
    judge = usd(found, "judge")
    assert judge is not None
    calls = 11_880
    assert judge.low == pytest.approx(0.11 * 0.8 + 0.022 * 3.2)
    assert judge.high == pytest.approx((calls * 500 + 110_000) / 1e6 * 0.8 + (calls * 100 + 22_000) / 1e6 * 3.2)
    assert usd(found, "training") == Range(low=2.890625, high=240.0)
    assert found.cost_usd.high == pytest.approx(sum(line.usd.high or 0 for line in found.cost if line.usd))


def test_a_judge_without_a_price_is_named() -> None:
    found = made(judges=(PRO, "someone.large-v1:0"))
    line = next(line for line in found.cost if line.name == "judge")
    assert (line.usd, line.unknown) == (None, ("the price of someone.large-v1:0",))


def test_a_panels_cost_ranges_from_its_cheapest_to_dearest_judge() -> None:
    cheap, dear = (usd(made(judges=(m,)), "judge") for m in ("amazon.nova-micro-v1:0", PRO))
    both = usd(made(judges=("amazon.nova-micro-v1:0", PRO)), "judge")
    assert cheap is not None
    assert dear is not None
    assert both == Range(low=cheap.low, high=dear.high)


def test_training_time_ranges_from_grading_time_to_the_limit() -> None:
    found = made(max_training_hours=3)
    assert found.grader_hours is not None
    assert found.training_hours == Range(low=0.2890625, high=3)
    assert made(p95=None).training_hours.low == 0
    assert made(p95=None).grader_hours is None
    assert usd(made(p95=None), "graders") is None
    paced = PriceTable(as_of="2026-11-20", source="our jobs", rollouts_per_hour=Pace(least=5400, most=7400))
    assert made(prices=paced).training_hours == Range(low=1.0, high=2.0)


def test_limits_are_compared_with_the_demand_at_measured_pace() -> None:
    assert [each.fits for each in made().limits] == [None, None, None]
    # a batch of 64, half of it judged: 35.2 calls in 9 s
    limits = made(allowances=Allowances(10, 230, 200_000)).limits
    assert [(each.needed, each.fits) for each in limits] == [(1, True), (234.7, False), (140_820, True)]
    rules = made(judge=None, allowances=Allowances(None, 1, 1)).limits
    assert [(each.needed, each.fits) for each in rules] == [(1, None), (0, True), (0, True)]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"max_judge_calls": 10}, "max_judge_calls is 10, and up to 12,100 judge calls"),
        ({"max_judge_calls": 10, "judge": None, "own": False}, "cannot be known because the grader does not count"),
        ({"max_cost_usd": 500}, "cannot be known (min $"),
        ({"max_cost_usd": 500}, "the price of an hour of reinforcement fine-tuning"),
        ({"max_cost_usd": 5, "prices": KNOWN}, "max_cost_usd is $5.00, and up to $2"),
    ],
)
def test_a_possible_excess_is_reported_with_its_numbers(fields: dict[str, Any], words: str) -> None:
    (why,) = made(**fields).over_budget
    assert words in why


def test_limits_that_are_met_give_no_message() -> None:
    assert made().over_budget == ()
    assert made(max_judge_calls=12_100, max_cost_usd=300, prices=KNOWN).over_budget == ()
    assert made(max_judge_calls=0, judge=None).over_budget == ()


@given(
    train=st.integers(100, 20_000),
    validation=st.integers(1, 3_000),
    epochs=st.integers(1, 50),
    batch=st.integers(16, 512),
    samples=st.integers(2, 16),
    answers=st.integers(1, 400),
    retries=st.integers(0, 50),
)
def test_ranges_are_ordered_and_grow_with_the_rows(
    train: int, validation: int, epochs: int, batch: int, samples: int, answers: int, retries: int
) -> None:
    judge = {"answers": answers, "calls": answers + retries, "input_tokens": 9 * answers, "output_tokens": answers}
    chosen = {"epochCount": epochs, "batchSize": batch, "trainingSamplePerPrompt": samples}
    found = made(judge=judge, prices=KNOWN, dataset={"train": train, "validation": validation, **chosen})
    larger = made(judge=judge, prices=KNOWN, dataset={"train": train + 1, "validation": validation, **chosen})
    for name in Forecast.model_fields:
        value, more = getattr(found, name), getattr(larger, name)
        if isinstance(value, Range):
            assert value.high is not None
            assert 0 <= value.low <= value.high, name
            assert more.low >= value.low, name


def test_a_us_profile_is_priced_as_its_model_and_others_are_unknown() -> None:
    assert LIST_PRICES.judge(PRO) == LIST_PRICES.judge("amazon.nova-pro-v1:0")
    assert LIST_PRICES.judge("eu.amazon.nova-pro-v1:0") == TokenPrices()


USED = {"answers": 256, "errors": 0, "truncated": 0, "input_tokens": 179_200, "output_tokens": 128_000}
CALIBRATED = CalibrationSummary.model_validate(
    {"status": "completed", "judge_calls": 64, "use": {**USED, "mean_output_tokens": 500, "p95_seconds": 18.0}}
)


def models(calibration: CalibrationSummary | None = CALIBRATED) -> ModelFacts:
    return ModelFacts(BASE, test_rows=100, prompt_tokens=700, calibration=calibration)


def test_base_model_answers_give_the_minimum_of_judged_answers() -> None:
    found = made(models=models())
    assert found.judge_calls == Range(low=7400 * 64 / 256, high=11_880)
    assert found.judge_calls_in_all == Range(low=1850 + 220 + 64, high=11_880 + 220 + 64)
    assert found.grader_hours is not None
    rarely, unknown = found.grader_hours, made().grader_hours
    assert unknown is not None
    assert rarely.low == pytest.approx(unknown.low * (64 / 256 / 1.1) / 0.5)
    assert rarely.high == unknown.high


def test_a_step_takes_at_least_one_answer_of_the_base_model() -> None:
    assert made(models=models(), judge=None).training_hours.low == pytest.approx(100 * 18 / 3600)


@pytest.mark.parametrize("status", ["failed", "skipped"])
def test_an_incomplete_calibration_does_not_affect_the_forecast(status: str) -> None:
    calibration = CalibrationSummary.model_validate({"status": status, "reason": "why"})
    found, without = made(models=models(calibration)), made(models=models(None))
    assert found == without
    assert found.calibration is None


def test_calibration_is_counted_and_the_evaluation_forecast() -> None:
    found = made(models=models(), prices=KNOWN, dataset={"inferenceMaxTokens": 1000})
    calibration, evaluation = usd(found, "calibration"), usd(found, "evaluation")
    a_call = (500 * 0.8 + 100 * 3.2) / 1e6
    assert calibration is not None
    assert calibration.low == calibration.high == pytest.approx((179_200 * 0.3 + 128_000 * 2.5) / 1e6 + 64 * a_call)
    assert found.evaluation is not None
    assert (found.evaluation.answers, found.evaluation.judge_calls) == (200, Range(low=50, high=220))
    assert evaluation is not None
    assert evaluation.high == pytest.approx((200 * 700 * 0.3 + 200 * 1000 * 2.5) / 1e6 + 220 * a_call)
    assert found.cost_usd is not None
    assert found.cost_usd.high == pytest.approx(sum(line.usd.high or 0 for line in found.cost if line.usd))


@pytest.mark.parametrize("fields", [{"evaluation": {"enabled": False}}, {"mode": "preflight"}])
def test_a_disabled_evaluation_costs_nothing(fields: dict[str, Any]) -> None:
    assert made(models=models(), **fields).evaluation is None


def test_a_base_model_without_a_price_is_named() -> None:
    table = PriceTable(as_of="2026-11", source="ours")
    lines = {line.name: line for line in made(models=models(), judge=None, prices=table).cost}
    assert lines["evaluation"].unknown == (f"the price of {BASE}",)
