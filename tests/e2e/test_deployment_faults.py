"""What may go wrong while a deployment is updated, and while a run's judge is deployed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from emulator import Emulator, EmulatorOptions
from emulator.faults import Fault
from tests.e2e.fault_case import DENIED, OUTAGE, error, function
from tests.e2e.fault_runner import rows
from tests.e2e.measured_runs import ONLY_EVALUATED
from tests.kit.stack_harness import Ended, StackHarness
from tests.kit.waiting import eventually

pytestmark = [pytest.mark.emulator, pytest.mark.slow]

PATIENCE_SECONDS = 300.0
CREATE, UPDATE = ("bedrock", "CreateCustomModelDeployment"), ("bedrock", "UpdateCustomModelDeployment")
PREFLIGHT: dict[str, Any] = {"mode": "preflight", "smoke_test": {"sample_size": 10}}


def deploying(effect: str, operation: str) -> Fault:
    return Fault.model_validate(
        {"service": "bedrock", "operation": operation, "effect": effect, "message": "no capacity"}
    )


@dataclass(frozen=True)
class Case:
    """How a promotion, or a run whose judge is deployed, ends under these rules; `reason` is a part of why."""

    rules: tuple[Fault, ...]
    status: str
    reason: str = ""


UPDATES = {
    "throttled": Case((error(*UPDATE, "ThrottlingException", 429, count=2),), "completed"),
    "reply lost": Case((error(*UPDATE, *OUTAGE, effect="response_lost"),), "completed"),
    "denied": Case((error(*UPDATE, *DENIED, count=None),), "failed", "AccessDenied"),
    "fails": Case((deploying("fail", "UpdateDeployment"),), "rolled_back", "no capacity"),
    "hangs": Case((deploying("hang", "UpdateDeployment"),), "cancelled", "cancelled through the API"),
    "CheckPromotion crashes for good": Case((function("CheckPromotion", "crash", count=None),), "failed", "ExitError"),
    "model returns nothing": Case(
        (Fault(service="bedrock", operation="Converse", effect="respond", message="", count=None),),
        "rolled_back",
        "held-out prompts",
    ),
}

JUDGES = {
    "throttled": Case((error(*CREATE, "ThrottlingException", 429, count=2),), "COMPLETED"),
    "reply lost": Case((error(*CREATE, *OUTAGE, effect="response_lost"),), "COMPLETED"),
    "denied": Case((error(*CREATE, *DENIED, count=None),), "FAILED", "DeploymentRefused"),
    "fails": Case((deploying("fail", "Deploy"),), "FAILED", "DeploymentFailed"),
    "hangs": Case((deploying("hang", "Deploy"),), "CANCELLED"),
    "DeployJudge crashes": Case((function("DeployJudge", "crash"),), "COMPLETED"),
    "DeployJudge times out": Case((function("DeployJudge", "timeout"),), "COMPLETED"),
    "CheckJudge crashes": Case((function("CheckJudge", "crash"),), "COMPLETED"),
    "CheckJudge times out": Case((function("CheckJudge", "timeout"),), "COMPLETED"),
    "CheckJudge crashes for good": Case((function("CheckJudge", "crash", count=None),), "FAILED", "ExitError"),
}


@pytest.fixture(scope="module")
def bench() -> Iterator[StackHarness]:
    with Emulator.start(EmulatorOptions(speed=600, training_seconds=1, max_steps=12, concurrent_jobs=20)) as aws:
        yield StackHarness(aws, patience=PATIENCE_SECONDS)


@pytest.fixture(autouse=True)
def _no_faults_left(bench: StackHarness) -> Iterator[None]:
    yield
    bench.aws.faults.clear()


@pytest.fixture(scope="module")
def trained(bench: StackHarness) -> tuple[Ended, Ended]:
    """Two runs with a model each, both evaluated."""
    first, second = (bench.start(name, rows(name, "pandalm"), **ONLY_EVALUATED) for name in ("older", "newer"))
    return bench.wait(first), bench.wait(second)


def promotion(bench: StackHarness, of: Ended, name: str, deployment: str) -> str:
    """The id of a run that promotes that run's model, whatever its verdict."""
    start = {"run_id": of.view["run_id"], "stage": "promotion"}
    promoted = {"deployment": deployment, "when": "always"}
    request = {**of.view["request"], "name": name, "start_from": start, "promotion": promoted}
    return str(bench.client.start_run(request)["run_id"])


def shown(bench: StackHarness, deployment: str) -> dict[str, Any]:
    return next(dict(each) for each in bench.client.deployments()["deployments"] if each["name"] == deployment)


@pytest.mark.parametrize("case", UPDATES)
def test_an_update_brings_the_new_model_or_leaves_the_old_one(
    bench: StackHarness, trained: tuple[Ended, Ended], case: str
) -> None:
    (older, newer), expected = trained, UPDATES[case]
    deployment = f"updated-{list(UPDATES).index(case)}"
    bench.wait(promotion(bench, older, f"{deployment}-old", deployment))
    arn = shown(bench, deployment)["arn"]
    for rule in expected.rules:
        of_model = {"subject": arn} if rule.effect == "respond" else {}
        of_change = {} if of_model or rule.effect in {"fail", "hang"} else {"contains": deployment}
        bench.aws.faults.add(rule.model_copy(update={**of_model, **of_change}))
    run_id = promotion(bench, newer, f"{deployment}-new", deployment)
    if expected.status == "cancelled":
        eventually(lambda: shown(bench, deployment)["update_status"] == "Updating", run_id, seconds=PATIENCE_SECONDS)
        bench.cancel(run_id)
    ended = bench.wait(run_id).view

    assert (ended["status"], ended["promotion"]["status"]) == ("COMPLETED", expected.status)
    assert expected.reason in ended["promotion"]["reason"]
    serves = newer if expected.status == "completed" else older
    eventually(lambda: shown(bench, deployment)["model_arn"] == serves.view["model_arn"], deployment)
    assert bench.messages(run_id) == []


@pytest.mark.parametrize("case", JUDGES)
def test_a_judge_is_deployed_once_and_deleted_with_its_run(
    bench: StackHarness, trained: tuple[Ended, Ended], case: str
) -> None:
    expected, name = JUDGES[case], f"judged-{list(JUDGES).index(case)}"
    for rule in expected.rules:
        bench.aws.faults.add(rule.model_copy(update={"contains": f"{name}-2"}))
    judge = {"name": "pandalm", "judge": f"run:{trained[0].view['run_id']}", "force": True}
    run_id = bench.start(name, rows(name, "pandalm"), **PREFLIGHT, grader=judge)
    if expected.status == "CANCELLED":
        eventually(lambda: bench.client.run(run_id)["judge"], run_id, seconds=PATIENCE_SECONDS)
        bench.cancel(run_id)
    ended = bench.wait(run_id)

    assert ended.status == expected.status, ended.view["failure"]
    assert expected.reason in (ended.view["failure"] or {"error": ""})["error"]
    assert [each for each in deployments(bench) if each.startswith("judge-")] == []
    assert len(bench.messages(run_id)) == (0 if ended.status == "COMPLETED" else 1)


def deployments(bench: StackHarness) -> list[str]:
    found = bench.aws.client("bedrock").list_custom_model_deployments()["modelDeploymentSummaries"]
    return [each["customModelDeploymentName"] for each in found]
