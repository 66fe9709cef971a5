from __future__ import annotations

import json
from typing import Any

import pytest

from tests.kit.fakes.api import FakeApi
from tests.kit.rft_command import Rft

VIEW: dict[str, Any] = {
    "name": "judge",
    "arn": "arn:d",
    "status": "Active",
    "update_status": None,
    "model_arn": "arn:m",
    "run_id": "judge-20261120t120000-1a2b3c4d",
    "changes": [
        {
            "action": "promotion",
            "status": "reverted",
            "run_id": "judge-20261120t120000-1a2b3c4d",
            "model_arn": "arn:m",
            "previous_model_arn": None,
            "by": "run judge-20261120t120000-1a2b3c4d",
            "at": "2026-11-20T13:38:02Z",
            "reason": "2 of 32 held-out prompts [have] no score",
        }
    ],
}


def test_deployments_are_listed_with_who_changed_them(rft: Rft, api: FakeApi) -> None:
    api.says((200, {"deployments": [VIEW]}))
    result = rft("deployments")
    assert (api.requests[0].method, api.requests[0].path) == ("GET", "/deployments")
    for text in ("judge  Active", "promotion reverted by run judge-", "prompts [have] no score"):
        assert text in result.out


def test_no_deployments_say_how_to_make_one(rft: Rft, api: FakeApi) -> None:
    api.says((200, {"deployments": []}))
    assert "promotion.deployment" in rft("deployments").err


def test_a_rollback_names_the_deployment_and_shows_it(rft: Rft, api: FakeApi) -> None:
    api.says((200, {**VIEW, "update_status": "Updating"}))
    assert "judge  Updating" in rft("rollback", "judge").out
    assert (api.requests[0].method, api.requests[0].path) == ("POST", "/deployments/judge/rollback")
    assert json.loads(rft("rollback", "judge", "--output", "json").out)["name"] == "judge"


def test_a_deletion_names_the_deployment_and_shows_its_history(rft: Rft, api: FakeApi) -> None:
    api.says((200, {**VIEW, "status": None, "arn": None, "model_arn": None}))
    assert "judge  not in Bedrock" in rft("undeploy", "judge").out
    assert (api.requests[0].method, api.requests[0].path) == ("DELETE", "/deployments/judge")
    assert json.loads(rft("undeploy", "judge", "--output", "json").out)["status"] is None


RUN = {"request": {"name": "judge", "dataset": {"task": "pandalm", "uri": "s3://bucket/rows.json"}}}
RUN_ID = "judge-20261120t120000-1a2b3c4d"


def test_evaluating_again_starts_a_run_from_the_earlier_one(rft: Rft, api: FakeApi) -> None:
    api.says((200, RUN), (202, {"run_id": "judge-again", "status": "PENDING", "links": {}}))
    result = rft("evaluate", RUN_ID, "--set", "evaluation.rows=200")
    body = api.requests[1].body
    assert result.out.strip() == "judge-again"
    assert body["start_from"] == {"run_id": RUN_ID, "stage": "evaluation"}
    assert body["evaluation"] == {"rows": 200}


def test_promoting_names_the_deployment(rft: Rft, api: FakeApi) -> None:
    api.says((200, RUN), (202, {"run_id": "judge-again", "status": "PENDING", "links": {}}))
    rft("promote", RUN_ID, "--to", "pandalm-judge", "--always")
    body = api.requests[1].body
    assert body["promotion"] == {"deployment": "pandalm-judge", "when": "always"}
    assert body["start_from"]["stage"] == "promotion"


PROVEN: dict[str, Any] = {
    "request": {**RUN["request"], "mode": "train", "grader": None},
    "status": "FAILED",
    "model_arn": None,
    "smoke_test": {"trusted": True},
    "grader_arn": "arn:aws:lambda:us-east-1:123456789012:function:pandalm:7",
    "dataset": {"digest": "sha256:1"},
}


@pytest.mark.parametrize(
    ("changes", "stage"),
    [
        ({}, "training"),
        ({"smoke_test": None}, "smoke_test"),
        ({"grader_arn": "arn:aws:lambda:us-east-1:123456789012:function:theirs"}, "smoke_test"),
        ({"status": "COMPLETED", "model_arn": "arn:m"}, "evaluation"),
    ],
)
def test_a_retry_begins_at_the_last_stage_that_was_reached(
    rft: Rft, api: FakeApi, changes: dict[str, Any], stage: str
) -> None:
    api.says((200, {**PROVEN, **changes}), (202, {"run_id": "judge-again", "status": "PENDING", "links": {}}))
    result = rft("retry", RUN_ID)
    assert result.out.strip() == "judge-again"
    assert f"Begins at {stage} of {RUN_ID}" in result.err
    assert api.requests[1].body["start_from"] == {"run_id": RUN_ID, "stage": stage}


def test_a_retry_without_earlier_results_begins_at_the_dataset(rft: Rft, api: FakeApi) -> None:
    nothing = {**PROVEN, "smoke_test": None, "dataset": None}
    api.says((200, nothing), (202, {"run_id": "judge-again", "status": "PENDING", "links": {}}))
    assert "begins at the dataset" in rft("retry", RUN_ID).err
    assert api.requests[1].body.get("start_from") is None


def test_a_retry_takes_a_stage_and_changes(rft: Rft, api: FakeApi) -> None:
    api.says((200, PROVEN), (202, {"run_id": "judge-again", "status": "PENDING", "links": {}}))
    rft("retry", RUN_ID, "--from", "smoke_test", "--set", "max_training_hours=48")
    body = api.requests[1].body
    assert (body["start_from"]["stage"], body["max_training_hours"]) == ("smoke_test", 48)
