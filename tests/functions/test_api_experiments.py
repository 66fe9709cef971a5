"""The API's routes of experiments."""

from __future__ import annotations

import copy
import json
from typing import Any

from tests.kit.api_function import BODY, POST_EVENT, Answer, Client

ARMS = [{"name": f"epochs-{n}", "changes": {"hyperparameters.epochCount": n}} for n in (1, 2)]
EXPERIMENT: dict[str, Any] = {"name": "epochs", "base": {"dataset": BODY["dataset"]}, "arms": ARMS}


def post(api: Client, path: str = "", body: Any = None, *, key: str | None = None) -> Answer:
    event = copy.deepcopy(POST_EVENT)
    del event["headers"]["idempotency-key"]
    event["headers"] |= {} if key is None else {"idempotency-key": key}
    return api.send({**event, "rawPath": f"/experiments{path}", "body": json.dumps(body)})


def test_an_experiment_is_started_listed_shown_and_cancelled(api: Client) -> None:
    accepted = post(api, body=EXPERIMENT)
    experiment_id = accepted.body["experiment_id"]
    assert (accepted.status, accepted.headers["Location"]) == (202, f"/experiments/{experiment_id}")
    assert api.experiment_executions.find(experiment_id) is not None
    (line,) = api.get("/experiments").body["experiments"]
    assert (line["experiment_id"], line["status"], line["arms"]) == (experiment_id, "RUNNING", 2)
    shown = api.get(f"/experiments/{experiment_id}").body
    assert [arm["name"] for arm in shown["arms"]] == ["epochs-1", "epochs-2"]
    assert shown["requested_by"]["id"] == "arn:aws:iam::123456789012:role/pipeline"
    assert post(api, f"/{experiment_id}/cancel", {}).body["status"] == "CANCELLED"


def test_the_same_key_returns_the_same_experiment(api: Client) -> None:
    first, again = post(api, body=EXPERIMENT, key="nightly"), post(api, body=EXPERIMENT, key="nightly")
    api.clock.advance(seconds=60)
    later = post(api, body=EXPERIMENT, key="nightly")
    assert (first.status, later.status) == (202, 200)
    assert first.body["experiment_id"] == again.body["experiment_id"] == later.body["experiment_id"]


def test_a_budget_in_dollars_needs_the_price_of_a_training_hour(api: Client) -> None:
    refused = post(api, body={**EXPERIMENT, "budget": {"usd": 100}})
    assert refused.status == 422
    assert "usd needs usd_per_training_hour" in refused.problem.errors[0].message
    assert post(api, body={**EXPERIMENT, "budget": {"usd": 100, "usd_per_training_hour": 30}}).status == 202


def test_an_unknown_experiment_is_not_found(api: Client) -> None:
    assert api.get("/experiments/epochs-20261120t120000-0a1b2c3d").status == 404
    assert "lower-case letters" in api.get("/experiments/a_b").problem.errors[0].message
