from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from rft.contracts.calibration import CalibrationReport, CalibrationSummary
from rft.contracts.dataset import Recommendation
from rft.contracts.ledger import RunStatus
from rft.contracts.prices import PriceTable, TokenPrices
from rft.contracts.run_request import HyperParameters
from rft.errors import (
    ModelNotInvocable,
    PromptRefused,
    RetryableServiceError,
    RetryableThrottling,
    StalePlan,
    TransitionRefused,
)
from rft.evaluation.feeding import chosen, fed
from tests.kit.fake_evaluation import BASE, FakeEvaluation, verdict
from tests.kit.fakes.clock import FixedClock
from tests.kit.fakes.grader import result
from tests.kit.records import RUN_ID

REPORT = f"s3://data-bucket/runs/{RUN_ID}/calibration.json"
PRICES = PriceTable(
    as_of="2026-08-01", source="test", judges={BASE: TokenPrices(input_per_million=0.3, output_per_million=2.5)}
)


def fake(**request: Any) -> FakeEvaluation:
    return FakeEvaluation(**request).at(RunStatus.SMOKE_TESTING)


def learnable() -> FakeEvaluation:
    """A base model that is right on every other answer to each row."""
    run = fake()
    turns = iter(range(10_000))
    run.sampler.reply = lambda *_: verdict("Response 1" if next(turns) % 2 else "Response 2")
    return run


def test_the_base_model_answers_training_rows_and_the_grader_scores_them() -> None:
    run = learnable()
    outcome = run.calibrate()
    report = CalibrationReport.model_validate_json(run.store.objects[REPORT])

    assert not outcome.blocked
    assert run.record.status is RunStatus.CALIBRATING
    assert run.record.calibration == report.summary
    assert (report.summary.status, report.summary.difficulty) == ("completed", "learnable")
    assert (report.summary.rows, report.summary.samples_per_row) == (64, 4)
    assert report.summary.use is not None
    assert (report.summary.use.answers, report.summary.use.errors) == (256, 0)
    assert {model for model, _ in run.sampler.requests} == {BASE}
    assert {protocol.temperature for _, protocol in run.sampler.requests} == {1}
    assert {each.kind for each in report.slices} == {"label", "length"}


def test_answers_are_no_rollouts_of_training() -> None:
    run = learnable()
    run.calibrate()

    assert all(sample["smoke_test_probe"] for batch in run.grader.batches for sample in batch)
    assert {sample["split"] for batch in run.grader.batches for sample in batch} == {"train"}


def test_a_repeat_samples_and_grades_nothing_twice() -> None:
    run = learnable()
    run.grader = type(run.grader)(lambda _: 1 / 0)
    run.calibrate()
    assert run.record.calibration is not None
    assert run.record.calibration.status == "failed"
    before = len(run.sampler.requests)
    run.calibrate()

    assert len(run.sampler.requests) == before == 16


@pytest.mark.parametrize("accept", [False, True])
def test_nothing_to_learn_blocks_unless_it_is_accepted(accept: bool) -> None:
    run = fake(calibration={"accept": accept})
    run.grader = type(run.grader)(lambda batch: [result(sample, 1.0) for sample in batch])
    outcome = run.calibrate()

    assert outcome.blocked is not accept
    assert run.record.calibration is not None
    assert run.record.calibration.difficulty == "mostly_solved"
    assert ("calibration.accept" in outcome.cause) is not accept


@pytest.mark.parametrize(
    "error", [ModelNotInvocable("access is denied"), PromptRefused("not valid"), RetryableServiceError("away")]
)
def test_a_model_that_cannot_be_called_is_recorded_and_no_error(error: Exception) -> None:
    run = fake()
    run.clock.advance(seconds=0)
    run.sampler.fails_with = [error] * 10_000
    run.sampler.reply = lambda *_: ""
    if isinstance(error, RetryableServiceError):
        run.clock = _Hurried()
    outcome = run.calibrate()

    assert not outcome.blocked
    assert run.record.calibration is not None
    assert run.record.calibration.status == "failed"
    assert type(error).__name__ in run.record.calibration.reason


def test_a_throttled_model_is_sampled_again() -> None:
    run = learnable()
    run.sampler.fails_with = [RetryableThrottling("slow down")] * 5
    run.calibrate()

    assert run.record.calibration is not None
    assert run.record.calibration.status == "completed"
    assert len(run.sampler.requests) == 256 + 5


def test_a_grader_without_a_score_is_a_failed_calibration() -> None:
    run = fake()
    run.grader = type(run.grader)(lambda batch: [result(sample, 0.0, grader_error=1.0) for sample in batch])
    run.calibrate()

    assert run.record.calibration is not None
    assert run.record.calibration.status == "failed"
    assert "grader_error" in run.record.calibration.reason


@pytest.mark.parametrize(("limit", "status"), [(0.01, "skipped"), (100.0, "completed")])
def test_what_costs_more_than_the_run_may_is_skipped(limit: float, status: str) -> None:
    run = fake(max_cost_usd=limit)
    run.ledger.records[RUN_ID] = run.record.model_copy(update={"request": run.request})
    run.calibrate(prices=PRICES)

    assert run.record.calibration is not None
    assert run.record.calibration.status == status
    assert (len(run.sampler.requests) == 0) is (status == "skipped")


def test_other_rows_than_those_stored_are_refused() -> None:
    run = learnable()
    run.calibrate()
    other = FakeEvaluation(calibration={"rows": 32})
    other.store.objects = run.store.objects
    other.at(RunStatus.SMOKE_TESTING)
    with pytest.raises(StalePlan):
        other.calibrate()


def test_a_run_that_has_ended_is_not_calibrated() -> None:
    run = fake()
    run.ledger.transition(RUN_ID, RunStatus.CANCELLED)
    with pytest.raises(TransitionRefused):
        run.calibrate()
    assert run.sampler.requests == []


class _Hurried(FixedClock):
    """A clock by which every look takes a minute."""

    def now(self) -> datetime:
        self.advance(minutes=1)
        return super().now()


def test_the_job_takes_what_calibration_recommends() -> None:
    run = learnable()
    outcome = run.calibrate()
    assert run.record.calibration is not None
    recommended = run.record.calibration.recommended["trainingSamplePerPrompt"]
    assert outcome.dataset.hyperparameters.trainingSamplePerPrompt == recommended
    assert run.record.hyperparameters is not None
    assert run.record.hyperparameters["trainingSamplePerPrompt"].source == "calibration"


def test_what_the_request_says_stays() -> None:
    given = {"trainingSamplePerPrompt": Recommendation(value=3, source="request", reason="r")}
    found = fed(CalibrationSummary(status="completed", recommended={"trainingSamplePerPrompt": 8}), given)
    assert found == given
    assert chosen(found, HyperParameters(batchSize=32)).batchSize == 32
