"""Whatever an experiment's request holds, it is refused with a reason, or stored with arms that can all be started."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rft.contracts.experiments.request import ExperimentRequest
from rft.contracts.http.experiments import ExperimentView
from rft.experiments.arms import arm_requests
from tests.kit.hostile_values import changed
from tests.kit.requests import FULL_REQUEST
from tests.kit.strict_api import StrictApi

BASE: dict[str, Any] = {name: FULL_REQUEST[name] for name in ("dataset", "hyperparameters", "calibration", "tags")}
BASE["dataset"] = {**BASE["dataset"], "task": "rubric", "version": None}
KINDS: dict[str, Any] = {
    "arms": [
        {"name": "a", "changes": {"hyperparameters.epochCount": 1}},
        {"name": "b", "changes": {"hyperparameters": {"epochCount": 3}, "breaker.error_share.action": "warn"}},
    ],
    "grid": {"hyperparameters.learningRate": [1e-5, 1e-4], "dataset.split": [{"seed": 1}, {"seed": 2}]},
    "random": {
        "count": 3,
        "seed": 5,
        "space": {
            "hyperparameters.learningRate": {"low": 1e-6, "high": 1e-4, "scale": "log"},
            "hyperparameters.epochCount": {"low": 1, "high": 5, "integer": True},
            "hyperparameters.reasoningEffort": {"values": ["low", "high"]},
        },
    },
}


def experiment(kind: str) -> dict[str, Any]:
    return {
        "name": "compared",
        "base": BASE,
        kind: KINDS[kind],
        "budget": {"runs": 3, "training_hours": 9.5, "judge_calls": 10, "usd": 100, "usd_per_training_hour": 8},
        "max_parallel": 2,
        "objective": "evaluation_difference",
        "stop_rule": {"type": "async_halving", "first_step": 4},
        "promotion": {"deployment": "judge"},
    }


def check_experiment(api: StrictApi, sent: Any) -> int:
    status, body = api.post(sent, "/experiments")
    if status == 202:
        experiment_id = body["experiment_id"]
        assert api.experiment_executions.find(experiment_id) is not None
        stored = api.experiments.get(experiment_id)
        assert list(arm_requests(stored.request)) == [arm.name for arm in stored.arms]
        shown, view = api.send("GET", f"/experiments/{experiment_id}", body=None)
        assert (shown, ExperimentView.model_validate(view).request) == (200, ExperimentRequest.model_validate(sent))
    return status


@pytest.mark.parametrize("kind", KINDS)
def test_the_unmodified_experiments_are_accepted(api: StrictApi, kind: str) -> None:
    assert check_experiment(api, experiment(kind)) == 202


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(sent=st.sampled_from(list(KINDS)).flatmap(lambda kind: changed(experiment(kind))))
def test_an_experiment_with_any_field_changed(api: StrictApi, sent: Any) -> None:
    check_experiment(api, sent)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("grid", {"hyperparameters.learningRate": [1e-5, 10**400]}),
        ("grid", {"dataset.task": ["rubric", "é" * 300]}),
        ("grid", {"dataset.task": ["rubric", "a\nb"]}),
        ("random", {"count": 2, "space": {"dataset.split.seed": {"values": [1] * 60 + [10**400]}}}),
        (
            "arms",
            [{"name": name, "changes": {"dataset": {"uri": 10**400}, "dataset.uri": "s3://x/y"}} for name in "ab"],
        ),
        ("arms", [{"name": name, "changes": {"dataset": [[]]}} for name in ("a\x1b[2J", "b")]),
    ],
)
def test_invalid_values_for_a_run_are_refused(api: StrictApi, kind: str, value: Any) -> None:
    assert check_experiment(api, {"name": "compared", "base": BASE, kind: value}) == 422


def test_a_grid_whose_values_form_no_names_has_numbered_arms(api: StrictApi) -> None:
    uris = [f"s3://data-bucket/datasets/{'x' * 200}-{letter}.jsonl" for letter in ("é", "b")]
    status, body = api.post({"name": "compared", "base": BASE, "grid": {"dataset.uri": uris}}, "/experiments")
    assert status == 202
    assert [arm.name for arm in api.experiments.get(body["experiment_id"]).arms] == ["grid-01", "grid-02"]


def test_a_grid_whose_changes_exceed_an_items_size_is_refused(api: StrictApi) -> None:
    grid = {"dataset.uri": ["s3://data-bucket/" + "x" * 900], "hyperparameters.epochCount": list(range(1, 51))}
    assert check_experiment(api, {"name": "compared", "base": BASE, "grid": grid}) == 202
    long = {"grader": [{"name": "rubric", "config": config()}], "hyperparameters.epochCount": list(range(1, 51))}
    status, body = api.post({"name": "compared", "base": BASE, "grid": long}, "/experiments")
    assert status == 422
    assert "(max 100,000)" in body["errors"][0]["message"]


def config() -> dict[str, Any]:
    criteria = FULL_REQUEST["grader"]["config"]["criteria"]
    return {
        **FULL_REQUEST["grader"]["config"],
        "criteria": [{**criterion, "yes": "y" * 1000} for criterion in criteria],
    }
