"""Which run a round may follow."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from rft.contracts.ledger import RunRecord, RunStatus
from rft.contracts.run_request import RunRequest
from rft.errors import InvalidRequest
from rft.runs.earlier_round import check_round
from tests.kit.records import RUN_ID, run_record
from tests.kit.reward_curves import curve
from tests.kit.views import DATASET, MODEL


def earlier(**fields: Any) -> RunRecord:
    metrics = curve([0.5] * 4).model_copy(update={"rollouts": 64})
    trained = {"status": RunStatus.COMPLETED, "dataset": DATASET, "model_arn": MODEL, "metrics": metrics}
    return run_record(RUN_ID).model_copy(update={**trained, **fields})


def request(**fields: Any) -> RunRequest:
    base = run_record(RUN_ID).request.model_dump(mode="json", exclude_unset=True)
    return RunRequest.model_validate({**base, "from_run": {"run_id": RUN_ID}, **fields})


def test_a_round_follows_a_completed_run() -> None:
    check_round(request(), earlier())
    check_round(request(dataset={"task": "pandalm", "uri": "s3://data-bucket/datasets/new.json"}), earlier())


@pytest.mark.parametrize(
    ("fields", "field", "text"),
    [
        ({"status": RunStatus.TRAINING}, "from_run.run_id", "is TRAINING"),
        ({"status": RunStatus.FAILED}, "from_run.run_id", "is FAILED"),
        ({"model_arn": None}, "from_run.run_id", "with a model"),
        ({"dataset": None}, "from_run.run_id", "COMPLETED"),
        ({"metrics": None}, "from_run.run_id", "no rollouts"),
    ],
)
def test_an_unusable_earlier_run_is_refused(fields: dict[str, Any], field: str, text: str) -> None:
    with pytest.raises(InvalidRequest, match=text) as refused:
        check_round(request(), earlier(**fields))
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"dataset": {"task": "gsm8k", "uri": "s3://data-bucket/a.json"}}, "dataset.task"),
        ({"dataset": {"task": "pandalm", "uri": "s3://data-bucket/a.json", "split": {"seed": 7}}}, "dataset.split"),
        ({"grader": {"name": "rubric"}}, "grader"),
    ],
)
def test_settings_that_must_not_change_are_named(fields: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        check_round(request(**fields), earlier())
    assert refused.value.field == field


def test_without_thresholds_no_rollouts_are_required() -> None:
    none = {"run_id": RUN_ID, "solved_score": None, "hopeless_score": None}
    check_round(request(from_run=none), earlier(metrics=None))


@pytest.mark.parametrize(
    "fields",
    [
        {"start_from": {"run_id": RUN_ID, "stage": "training"}},
        {"from_run": {"run_id": RUN_ID, "solved_score": 0.3, "hopeless_score": 0.5}},
        {"from_run": {}},
        {"from_run": {"run_id": RUN_ID, "solved": 1}},
    ],
)
def test_contradictory_requests_are_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        request(**fields)
