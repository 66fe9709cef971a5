"""What a pilot's steps say of the full run."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any

import pytest

from rft.contracts.breaker import Finding
from rft.contracts.evaluation import EvaluationSummary
from rft.contracts.experiments.pilot import FullRunForecast, PilotSummary
from rft.contracts.ledger import RunRecord, RunStatus
from rft.contracts.metrics import TrainingMetrics
from rft.evaluation.pilot import pilot_result, reward_slope
from rft.forecast.estimate import forecast
from rft.forecast.measured_grader import Allowances, GraderFacts
from rft.forecast.measuring import ModelFacts
from rft.forecast.prices import LIST_PRICES
from tests.kit.fake_run import FakeRun
from tests.kit.forecast import JUDGE, prepared_dataset, smoke_test_report
from tests.kit.records import run_record
from tests.kit.reward_curves import curve, training

FEW = 7
"""Steps of 100 rows in batches of 16."""


def pilot(metrics: TrainingMetrics | None, **found: Any) -> RunRecord:
    return run_record(mode="pilot").model_copy(update={"metrics": metrics, **found})


def noisy(slope: float, seed: int, steps: int = FEW) -> TrainingMetrics:
    """Rewards of 16 prompts a step whose means scatter as a spread of 0.3 makes them."""
    rng = random.Random(seed)
    return curve([0.4 + slope * step + rng.gauss(0, 0.3 / 4) for step in range(1, steps + 1)])


def test_a_steep_rise_makes_the_full_run_worthwhile() -> None:
    found = pilot_result(pilot(curve([0.2 + 0.08 * step for step in range(FEW)])))
    assert found.verdict == "worthwhile"
    assert found.slope == pytest.approx(0.08)
    assert found.interval is not None
    assert found.interval[0] > 0


def test_seven_steps_of_a_slight_rise_are_inconclusive() -> None:
    verdicts = [pilot_result(pilot(noisy(0.005, seed))).verdict for seed in range(100)]
    assert verdicts.count("inconclusive") > 80


def test_a_flat_curve_is_called_a_rise_in_at_most_5_of_100() -> None:
    rises = sum(
        slope.interval[0] > 0 for seed in range(400) if (slope := reward_slope(noisy(0.0, seed).training)) is not None
    )
    assert rises <= 0.05 * 400


def test_reasons_against_the_full_run_take_precedence() -> None:
    rising = curve([0.2 + 0.08 * step for step in range(FEW)])
    stop = Finding(
        signal="error_share", action="stop", message="half fail", step=3, at=datetime(2026, 1, 1, tzinfo=UTC)
    )
    worse = EvaluationSummary(status="completed", verdict="worse", difference=-0.2, interval=(-0.3, -0.1))
    for found in ({"breaker": (stop,)}, {"evaluation": worse}):
        result = pilot_result(pilot(rising, **found))
        assert (result.verdict, len(result.reasons)) == ("not_worthwhile", 2)


def test_flat_groups_without_a_rise_are_not_worthwhile() -> None:
    found = pilot_result(pilot(curve([0.5] * FEW, flat_groups=lambda step: 0.5 if step < 3 else 0.9)))
    assert found.verdict == "not_worthwhile"
    assert found.flat_share == pytest.approx(0.9)


def test_two_steps_give_no_slope_and_no_steps_no_verdict() -> None:
    assert reward_slope([training(1, 0.2), training(2, 0.6)]) is None
    assert pilot_result(pilot(curve([0.2, 0.6]))).verdict == "inconclusive"
    assert pilot_result(pilot(None)).verdict is None


def test_the_full_run_is_forecast_at_the_pilots_pace() -> None:
    expected = forecast(
        request=run_record().request,
        dataset=prepared_dataset(),
        report=smoke_test_report(judge=JUDGE),
        grader=GraderFacts(own=True, judge_models=("amazon.nova-pro-v1:0",)),
        models=ModelFacts("base"),
        prices=LIST_PRICES.model_copy(update={"training_hour": 50.0}),
        allowances=Allowances(),
    )
    job = FakeRun(RunStatus.TRAINING).with_job().record.job
    assert job is not None
    metrics = curve([0.4] * FEW).model_copy(update={"rollouts": 500})
    ended = pilot(
        metrics,
        job=job.model_copy(update={"hours": 2.0}),
        pilot=PilotSummary(full_run=FullRunForecast(forecast=expected)),
    )
    full = pilot_result(ended).full_run
    assert full is not None
    assert full.training_hours is not None
    assert full.rollouts_per_hour == 250
    assert full.training_hours.low == pytest.approx(expected.rollouts.low / 250, abs=0.01)
    assert full.cost_usd is not None
    assert full.cost_usd.low >= 50 * full.training_hours.low
