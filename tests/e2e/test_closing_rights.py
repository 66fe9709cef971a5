"""Rights that are needed only to close what a stopped run left half done: its queue entry, its promotion, its judge."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from emulator import Emulator, EmulatorOptions
from emulator.faults import Fault
from rft.adapters.clock import SystemClock
from rft.adapters.dynamodb.deployment_records import DynamoDeploymentRecords
from rft.adapters.dynamodb.ledger_items import record_key, to_attribute
from rft.contracts.deployments import DeploymentChange, DeploymentRecord, PromotionSummary
from tests.e2e.experiment_runs import start as start_experiment
from tests.kit.needed_rights import REFUSED_LATER, invoke, sample_event, used
from tests.kit.project import read_event
from tests.kit.stack_harness import Ended, StackHarness
from tests.kit.waiting import eventually

pytestmark = [pytest.mark.emulator, pytest.mark.slow]


@pytest.fixture(scope="module")
def bench() -> Iterator[StackHarness]:
    with Emulator.start(EmulatorOptions(speed=600, training_seconds=0.5, max_steps=3)) as aws:
        yield StackHarness(aws)


@pytest.fixture(autouse=True)
def _no_faults_left(bench: StackHarness) -> Iterator[None]:
    yield
    bench.aws.faults.clear()


@pytest.fixture(scope="module")
def models(bench: StackHarness) -> tuple[Ended, Ended]:
    """Two runs, each with a model."""
    return bench.run("older"), bench.run("newer")


def table(bench: StackHarness) -> dict[str, Any]:
    """What the adapters on the ledger's table are made with."""
    name = bench.aws.stack.physical_ids["Ledger"]
    return {"client": bench.aws.client("dynamodb"), "table": name, "clock": SystemClock()}


def deploy(bench: StackHarness, name: str, model_arn: str) -> str:
    """The ARN of an active deployment."""
    bedrock = bench.aws.client("bedrock")
    arn: str = bedrock.create_custom_model_deployment(modelDeploymentName=name, modelArn=model_arn)[
        "customModelDeploymentArn"
    ]
    eventually(lambda: bedrock.get_custom_model_deployment(customModelDeploymentIdentifier=arn)["status"] == "Active")
    return arn


def half_promoted(bench: StackHarness, name: str, older: Ended, newer: Ended) -> None:
    """A deployment that serves the newer model, whose run ended before it was checked."""
    deploy(bench, name, newer.view["model_arn"])
    change = DeploymentChange(
        action="promotion",
        status="running",
        run_id=newer.view["run_id"],
        model_arn=newer.view["model_arn"],
        previous_model_arn=older.view["model_arn"],
        by=newer.view["run_id"],
        at=datetime.now(UTC),
    )
    DynamoDeploymentRecords(**table(bench)).put(DeploymentRecord(name=name, changes=(change,)))
    promotion = PromotionSummary(status="failed", deployment=name)
    bench.aws.client("dynamodb").update_item(
        TableName=table(bench)["table"],
        Key=record_key(newer.view["run_id"]),
        UpdateExpression="SET promotion = :promotion",
        ExpressionAttributeValues={":promotion": to_attribute(promotion.model_dump(mode="json"))},
    )


def ending(function: str, run_id: str) -> dict[str, Any]:
    """The event by which a function hears of the run's end."""
    if function == "ReconcileRun":
        sample = read_event("reconcile_run")
        return {**sample, "detail": {**sample["detail"], "name": run_id}}
    return {"run_id": run_id, "status": "COMPLETED"} if function == "RecordOutcome" else {}


@pytest.mark.parametrize("function", ["RecordOutcome", "ReconcileRun", "SweepRuns"])
def test_a_promotion_that_was_never_checked_is_undone(
    bench: StackHarness, models: tuple[Ended, Ended], function: str
) -> None:
    older, newer = models
    name = f"left-by-{function.lower()}"
    half_promoted(bench, name, older, newer)
    answer = invoke(bench, function, ending(function, newer.view["run_id"]))
    assert "errorType" not in answer, answer
    get = bench.aws.client("bedrock").get_custom_model_deployment
    served = older.view["model_arn"]
    eventually(lambda: get(customModelDeploymentIdentifier=name)["modelArn"] == served, f"{name} to serve {served}")
    for action in ("GetCustomModelDeployment", "UpdateCustomModelDeployment"):
        assert used(bench, f"{function}Role", f"bedrock:{action}")


def test_a_sweep_takes_a_stopped_run_out_of_the_queue_for_jobs(bench: StackHarness) -> None:
    full = Fault(
        service="bedrock",
        operation="CreateModelCustomizationJob",
        code="ServiceQuotaExceededException",
        status=400,
        count=None,
    )
    bench.aws.faults.add(full)
    bench.aws.faults.add(Fault(service="events", operation="Deliver", subject="rft-ReconcileRun", effect="drop"))
    run_id = bench.start("queued")
    eventually(lambda: bench.client.run(run_id)["status"] == "STARTING" or None, f"{run_id} to be queued")
    bench.aws.client("stepfunctions").stop_execution(executionArn=bench.aws.execution_arn(run_id))
    assert run_id in invoke(bench, "SweepRuns", {})["runs"]
    assert bench.client.run(run_id)["status"] == "CANCELLED"
    assert used(bench, "SweepRunsRole", "dynamodb:DeleteItem")


def test_a_rubric_is_graded_by_the_judge_that_its_run_pinned(bench: StackHarness, models: tuple[Ended, Ended]) -> None:
    arn = deploy(bench, "pinned-judge", models[0].view["model_arn"])
    run_id = "pinned-20261120t120000-0a1b2c3d"
    bench.put(f"runs/{run_id}/grader.json", json.dumps({"judge": arn}).encode())
    invoke(bench, "GradeRubric", [{**sample, "run_id": run_id} for sample in sample_event(bench, "grade_rubric")])
    judged = {
        check.resource for check, _ in bench.aws.authorizer.calls.values() if check.action == "bedrock:InvokeModel"
    }
    assert arn in judged
    assert used(bench, "GradeRubricRole", "bedrock:InvokeModel")


def test_the_api_recognises_the_experiment_that_it_started_before(bench: StackHarness) -> None:
    bench.aws.faults.add(REFUSED_LATER)
    experiment_id = start_experiment(bench, "started-twice", [1e-5, 3e-5])
    bench.client.cancel_experiment(experiment_id)
    assert bench.client.experiment(experiment_id)["status"] == "CANCELLED"
    assert used(bench, "ApiRole", "states:DescribeExecution")
