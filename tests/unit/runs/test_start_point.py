from __future__ import annotations

from typing import Any

import pytest

from rft.contracts.calibration import CalibrationSummary
from rft.contracts.dataset import Recommendation, TokenStatistics
from rft.contracts.deployments import PromotionSummary
from rft.contracts.evaluation import EvaluationSummary
from rft.contracts.ledger import DatasetSummary, Failure, RunRecord, RunStatus
from rft.contracts.run_request import RunRequest
from rft.contracts.smoke_test import SmokeTestSummary
from rft.errors import InvalidRequest
from rft.runs.start_point import check_start, start_point, taken_up
from tests.kit.records import RUN_ID, run_record

PINNED = "arn:aws:lambda:us-east-1:123456789012:function:pandalm:7"
MANIFEST = "s3://data-bucket/runs/a/dataset/manifest.json"

DATASET = DatasetSummary(
    manifest_uri=MANIFEST,
    digest="sha256:1",
    rows={"train": 80, "validation": 10, "test": 10},
    groups={},
    labels={},
    tokens=TokenStatistics(encoding="cl100k_base", min=1, max=1, mean=1, p50=1, p95=1, p99=1, total=100),
    warnings={},
    bad_records=0,
)


def earlier(**changes: Any) -> RunRecord:
    return run_record().model_copy(
        update={
            "status": RunStatus.COMPLETED,
            "model_arn": "arn:m",
            "grader_arn": PINNED,
            "dataset": DATASET,
            "hyperparameters": {"batchSize": Recommendation(value=16, source="statistics", reason="small")},
            "evaluation": EvaluationSummary(status="completed", verdict="better"),
            **changes,
        }
    )


def request(stage: str = "evaluation", **changes: Any) -> RunRequest:
    start = {"start_from": {"run_id": RUN_ID, "stage": stage}, "promotion": {"deployment": "judge"}}
    return RunRequest.model_validate({**run_record().request.model_dump(mode="json"), **start, **changes})


def test_the_start_has_the_outputs_of_the_skipped_steps() -> None:
    start = start_point(request(), earlier())
    assert start is not None
    assert (start.stage, start.grader_arn) == ("evaluation", PINNED)
    assert start.dataset.manifest_uri == MANIFEST
    assert start.dataset.train_uri == "s3://data-bucket/runs/a/dataset/train-80.jsonl"
    assert start.dataset.hyperparameters.batchSize == 16


@pytest.mark.parametrize(
    "changes",
    [{"status": RunStatus.FAILED}, {"status": RunStatus.TRAINING}, {"model_arn": None}],
    ids=["failed", "running", "without a model"],
)
def test_a_run_without_a_model_cannot_be_a_start_point(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest, match=r"start_from\.run_id: .* has no model"):
        check_start(request(), earlier(**changes))


@pytest.mark.parametrize(
    "changes",
    [{"hyperparameters": {"epochCount": 9}}, {"grader": {"name": "rubric"}}],
    ids=lambda each: next(iter(each)),
)
def test_the_training_data_of_the_model_cannot_change(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest, match=f"{next(iter(changes))} must be as in the request of"):
        check_start(request(**changes), earlier())


def test_a_model_that_is_not_better_is_promoted_only_on_request() -> None:
    worse = earlier(evaluation=EvaluationSummary(status="completed", verdict="worse"))
    with pytest.raises(InvalidRequest, match=r"promotion\.when: the verdict .* is worse"):
        check_start(request("promotion"), worse)
    check_start(request("promotion", promotion={"deployment": "judge", "when": "always"}), worse)


def test_an_evaluation_is_reused_only_by_a_promotion() -> None:
    assert "evaluation" not in taken_up(request(), earlier())
    assert taken_up(request("promotion"), earlier())["evaluation"].verdict == "better"
    promoted = earlier(promotion=PromotionSummary(status="completed", deployment="judge"))
    assert "promotion" not in taken_up(request("promotion"), promoted)


# ---- a run that trains anew -----------------------------------------------------------------------------------------

PROVEN = SmokeTestSummary(trusted=True, reasons=(), checks=(), mean_right=1, mean_wrong=0, report_uri="s3://b/s.json")


def pilot(**changes: Any) -> RunRecord:
    return earlier(**{"smoke_test": PROVEN, **changes})


def full_run(**changes: Any) -> RunRequest:
    return request("training", **{"promotion": None, **changes})


@pytest.mark.parametrize(
    "changes",
    [
        {"status": RunStatus.TRAINING},
        {"dataset": None},
        {"grader_arn": None},
        {"smoke_test": None},
        {"smoke_test": PROVEN.model_copy(update={"trusted": False})},
    ],
    ids=["running", "unprepared", "no grader", "unproven", "not trusted"],
)
def test_training_again_needs_prepared_rows_and_a_trusted_grader(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest, match=r"has no prepared rows|has no trusted grader"):
        check_start(full_run(), pilot(**changes))


def test_training_again_needs_no_model_of_the_earlier_run() -> None:
    check_start(full_run(hyperparameters={"epochCount": 9}), pilot(status=RunStatus.FAILED, model_arn=None))


@pytest.mark.parametrize(
    "changes",
    [
        {"grader": {"name": "rubric"}},
        {"smoke_test": {"sample_size": 20}},
        {"dataset": {"task": "pandalm", "uri": "s3://data-bucket/other.json"}},
        {"dataset": {**run_record().request.dataset.model_dump(mode="json"), "version": "v2"}},
    ],
    ids=["grader", "smoke test", "dataset", "version"],
)
def test_reused_rows_and_results_must_match_the_request(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest, match=f"{next(iter(changes))} must be as in the request of"):
        check_start(full_run(**changes), pilot())


def test_earlier_hyperparameters_must_be_given_again() -> None:
    before = pilot(request=run_record(hyperparameters={"batchSize": 32}).request)
    with pytest.raises(InvalidRequest, match=r"hyperparameters\.batchSize must be given"):
        check_start(full_run(), before)
    check_start(full_run(hyperparameters={"batchSize": 64}), before)


@pytest.mark.parametrize(("sampled", "calibrated"), [({}, True), ({"inferenceMaxTokens": 99}, False)])
def test_a_calibration_is_reused_only_with_the_same_settings(sampled: dict[str, Any], calibrated: bool) -> None:
    before = pilot(calibration=CalibrationSummary(status="completed"))
    start = start_point(full_run(hyperparameters=sampled), before)
    assert start is not None
    assert start.calibrated is calibrated
    taken = taken_up(full_run(hyperparameters=sampled), before)
    assert ("calibration" in taken, "dataset" in taken, taken["smoke_test"]) == (calibrated, False, PROVEN)


def test_a_grader_without_versions_is_smoke_tested_again() -> None:
    theirs = pilot(grader_arn="arn:aws:lambda:us-east-1:123456789012:function:theirs")
    with pytest.raises(InvalidRequest, match="may have changed; use stage smoke_test"):
        check_start(full_run(), theirs)


def test_a_calibration_that_ended_its_run_is_repeated() -> None:
    failure = Failure(stage=RunStatus.CALIBRATING, error="NothingToLearn", cause="")
    before = pilot(calibration=CalibrationSummary(status="completed"), failure=failure, status=RunStatus.REJECTED)
    start = start_point(full_run(), before)
    assert start is not None
    assert not start.calibrated


def test_a_repeated_smoke_test_reuses_only_the_rows() -> None:
    unproven = pilot(status=RunStatus.REJECTED, smoke_test=None, grader_arn=None)
    again = request("smoke_test", promotion=None, grader={"name": "rubric"})
    check_start(again, unproven)
    start = start_point(again, unproven)
    assert start is not None
    assert (start.stage, start.dataset.digest, start.calibrated) == ("smoke_test", "sha256:1", False)
    assert set(taken_up(again, unproven)) == {"dataset_checks"}
    with pytest.raises(InvalidRequest, match="no prepared rows"):
        check_start(again, pilot(dataset=None))
