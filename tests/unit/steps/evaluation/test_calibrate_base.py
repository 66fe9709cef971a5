from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest

from rft.contracts.calibration import CalibrationReport, CalibrationSummary
from rft.contracts.dataset import DatasetRow, Manifest, Message, Recommendation
from rft.contracts.ledger import RunStatus
from rft.contracts.prices import PriceTable, TokenPrices
from rft.contracts.run_request import HyperParameters, RunRequest
from rft.datasets.bounds import Bounds
from rft.datasets.manifest import dataset_digest
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


def test_answers_are_not_stored_as_training_rollouts() -> None:
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
def test_too_little_to_learn_blocks_unless_it_is_accepted(accept: bool) -> None:
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
def test_an_unavailable_model_is_recorded_without_an_error(error: Exception) -> None:
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
def test_a_calibration_over_the_runs_limit_is_skipped(limit: float, status: str) -> None:
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


def test_the_job_uses_the_calibrations_recommendation() -> None:
    run = learnable()
    outcome = run.calibrate()
    assert run.record.calibration is not None
    recommended = run.record.calibration.recommended["trainingSamplePerPrompt"]
    assert outcome.dataset.hyperparameters.trainingSamplePerPrompt == recommended
    assert run.record.hyperparameters is not None
    assert run.record.hyperparameters["trainingSamplePerPrompt"].source == "calibration"


def test_requested_settings_are_not_replaced() -> None:
    given = {"trainingSamplePerPrompt": Recommendation(value=3, source="request", reason="r")}
    found = fed(CalibrationSummary(status="completed", recommended={"trainingSamplePerPrompt": 8}), given)
    assert found == given
    assert chosen(found, HyperParameters(batchSize=32)).batchSize == 32


ALL: dict[str, Any] = {"calibration": {"rows": "all", "samples_per_row": 2}}


def filtered(drop: dict[str, bool]) -> FakeEvaluation:
    """A base model that is right on one row in eight always, on one never, and on the others every other time."""
    run = fake(**ALL)
    request = run.request.model_dump(mode="json")
    run.request = RunRequest.model_validate({**request, "dataset": {**request["dataset"], "difficulty": drop}})
    turns = {number: count() for number in range(300)}

    def reply(_: str, messages: Sequence[Message]) -> str:
        number = _number(messages[-1].content)
        right = {0: True, 1: False}.get(number % 8, next(turns[number]) % 2 == 0)
        best = 1 if number % 2 else 2
        return verdict(f"Response {best if right else 3 - best}")

    run.sampler.reply = reply
    return run


def _number(prompt: str) -> int:
    return int(prompt.split("answer to ")[1].split(":", maxsplit=1)[0].split(".", maxsplit=1)[0])


def numbers(run: FakeEvaluation, uri: str) -> list[int]:
    return [_number(DatasetRow.model_validate_json(line).prompt) for line in run.store.lines(uri)]


def test_rows_that_teach_nothing_are_left_out_of_a_new_train_file() -> None:
    run = filtered({"drop_solved": True, "drop_hopeless": True})
    before, outcome = run.dataset, run.calibrate()
    every, remaining = numbers(run, before.train_uri), numbers(run, outcome.dataset.train_uri)
    manifest = Manifest.model_validate_json(run.store.objects[outcome.dataset.manifest_uri])

    assert not outcome.blocked, outcome.cause
    assert remaining == [number for number in every if number % 8 > 1]
    assert outcome.dataset.train_rows == manifest.files["train"].rows == len(remaining)
    assert outcome.dataset.digest == manifest.digest != before.digest
    body = run.store.objects[outcome.dataset.train_uri]
    assert manifest.files["train"].digest == f"sha256:{hashlib.sha256(body).hexdigest()}"
    assert manifest.dropped == {
        "solved": sum(number % 8 == 0 for number in every),
        "hopeless": sum(number % 8 == 1 for number in every),
    }
    assert run.record.calibration is not None
    assert run.record.calibration.dropped == manifest.dropped
    assert run.record.dataset is not None
    assert (run.record.dataset.digest, run.record.dataset.rows["train"]) == (manifest.digest, len(remaining))


def test_the_digest_matches_a_dataset_without_the_dropped_rows() -> None:
    run = filtered({"drop_solved": True})
    dropped = run.calibrate().dataset
    manifest = Manifest.model_validate_json(run.store.objects[dropped.manifest_uri])

    assert manifest.identities.keys() == {"train", "validation", "test"}
    assert manifest.digest == dataset_digest(manifest.identities)


@pytest.mark.parametrize(
    ("drop", "gone"), [({"drop_solved": True}, {0}), ({"drop_hopeless": True}, {1}), ({}, set[int]())]
)
def test_only_the_kinds_named_in_the_request_are_left_out(drop: dict[str, bool], gone: set[int]) -> None:
    run = filtered(drop)
    outcome = run.calibrate()
    assert {number % 8 for number in numbers(run, outcome.dataset.train_uri)} == set(range(8)) - gone


def test_a_repeat_after_the_manifest_was_written_gives_the_same() -> None:
    run = filtered({"drop_solved": True})
    assert run.calibrate() == run.calibrate()


def test_too_few_rows_that_are_left_reject_the_run() -> None:
    run = filtered({"drop_solved": True, "drop_hopeless": True})
    outcome = run.calibrate(bounds=Bounds(least=230, most=20_000))
    assert outcome.blocked
    assert "min 230 are needed" in outcome.cause
    assert outcome.dataset.train_uri == run.dataset.train_uri


def test_dropping_training_rows_reads_no_test_row() -> None:
    run = filtered({"drop_solved": True})
    run.store.read.clear()
    run.calibrate()
    assert run.test_uri not in run.store.read


def test_without_a_calibration_no_row_is_left_out_with_a_reason() -> None:
    run = filtered({"drop_solved": True})
    run.sampler.fails_with = [ModelNotInvocable("no access")] * 1000
    outcome = run.calibrate()
    assert outcome.dataset.train_uri == run.dataset.train_uri
    assert run.record.calibration is not None
    assert "dataset.difficulty was not applied" in run.record.calibration.reason


def test_a_long_calibration_is_continued_by_several_functions() -> None:
    run = filtered({"drop_solved": True})
    whole = filtered({"drop_solved": True}).calibrate()
    outcome, calls = run.calibrate(budget=timedelta(0)), 1
    while outcome.pending:
        assert (outcome.completed_chunks, outcome.dataset) == (calls, run.dataset)
        outcome = run.calibrate(budget=timedelta(0), completed_chunks=outcome.completed_chunks)
        calls += 1
    assert outcome == whole
    assert calls == -(-2 * run.dataset.train_rows // 16)
