"""A model that is better takes over a deployment, is checked there, and can be taken back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from emulator import Emulator, EmulatorOptions
from tests.e2e.measured_runs import ONLY_EVALUATED
from tests.kit.stack_harness import Ended, StackHarness
from tests.kit.waiting import eventually

pytestmark = pytest.mark.emulator

PROMOTED: dict[str, Any] = {**ONLY_EVALUATED, "promotion": {"deployment": "judge"}}


@pytest.fixture(scope="module")
def bench() -> Iterator[StackHarness]:
    with Emulator.start(EmulatorOptions(speed=600, training_seconds=1, max_steps=12, concurrent_jobs=20)) as aws:
        yield StackHarness(aws, patience=300)


def shown(bench: StackHarness) -> dict[str, Any]:
    (found,) = bench.client.deployments()["deployments"]
    return dict(found)


@pytest.mark.slow
def test_two_models_are_promoted_and_one_is_rolled_back(bench: StackHarness) -> None:
    first, second = (bench.run(f"promo{number}", **PROMOTED) for number in range(2))

    assert [ended.view["promotion"]["status"] for ended in (first, second)] == ["completed", "completed"]
    assert second.view["promotion"]["previous_model_arn"] == first.view["model_arn"]
    assert (shown(bench)["model_arn"], shown(bench)["run_id"]) == (second.view["model_arn"], second.view["run_id"])
    assert [each["customModelDeploymentName"] for each in deployments(bench)] == ["judge"]

    again = begun_with(bench, first, "evaluation", promotion=None)
    assert again.stages == ["PENDING", "EVALUATING", "COMPLETED"]
    assert (again.view["model_arn"], again.view["evaluation"]["verdict"]) == (first.view["model_arn"], "better")

    back = begun_with(bench, first, "promotion")
    assert back.view["promotion"]["status"] == "completed", back.view["promotion"]["reason"]
    assert shown(bench)["model_arn"] == first.view["model_arn"]
    assert bench.jobs(back.view["run_id"]) == []
    bench.client.roll_back("judge")
    eventually(lambda: shown(bench)["model_arn"] == second.view["model_arn"], "the rollback")
    bench.client.roll_back("judge")
    eventually(lambda: shown(bench)["model_arn"] == first.view["model_arn"], "the rollback")
    assert [change["status"] for change in shown(bench)["changes"]] == ["completed"] * 5
    assert shown(bench)["changes"][-1]["by"].endswith(":user/emulated")


def deployments(bench: StackHarness) -> list[dict[str, Any]]:
    return list(bench.aws.client("bedrock").list_custom_model_deployments()["modelDeploymentSummaries"])


def begun_with(bench: StackHarness, earlier: Ended, stage: str, **changes: Any) -> Ended:
    start = {"run_id": earlier.view["run_id"], "stage": stage}
    accepted = bench.client.start_run({**earlier.view["request"], "start_from": start, **changes})
    return bench.wait(accepted["run_id"])
