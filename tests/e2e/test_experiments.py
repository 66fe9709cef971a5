"""Experiments: several runs under one budget, compared on held-out rows, and how they end."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from emulator import Emulator, EmulatorOptions
from emulator.faults import Fault
from tests.e2e.experiment_runs import (
    arm_runs,
    check_nothing_left,
    ended,
    execution_arn,
    in_training,
    run_view,
    start,
    statuses,
)
from tests.e2e.fault_case import function
from tests.e2e.measured_runs import ONLY_EVALUATED
from tests.kit.stack_harness import StackHarness
from tests.kit.waiting import eventually

pytestmark = [pytest.mark.emulator, pytest.mark.slow]


@pytest.fixture(scope="module")
def bench() -> Iterator[StackHarness]:
    with Emulator.start(EmulatorOptions(speed=600, training_seconds=1, max_steps=12, concurrent_jobs=20)) as aws:
        yield StackHarness(aws, patience=300)


@pytest.fixture(autouse=True)
def _no_faults_left(bench: StackHarness) -> Iterator[None]:
    yield
    bench.aws.faults.clear()


def refuse_stop(bench: StackHarness, name: str) -> None:
    """Step Functions refuses to stop the execution of the preparation, as it may where one has ended."""
    refused = {"code": "ValidationException", "status": 400, "contains": f"{name}-p1"}
    bench.aws.faults.add(Fault(service="states", operation="StopExecution", **refused))


def announce_nothing(bench: StackHarness) -> None:
    """ReconcileRun, which would announce the ends of runs as well, does not get to it."""
    bench.aws.faults.crash("ReconcileRun", count=None)


def abort(bench: StackHarness, experiment_id: str) -> None:
    arn = execution_arn(bench, experiment_id)
    bench.aws.client("stepfunctions").stop_execution(executionArn=arn, error="Maintenance", cause="over the weekend")


def swept(bench: StackHarness) -> list[str]:
    """What a sweep dealt with; nothing where it has to repeat some of it."""
    answer = json.loads(bench.aws.invoke("SweepRuns", b'{"detail-type": "Scheduled Event"}'))
    return list(answer.get("runs", ()))


def test_arms_share_one_preparation_and_the_winner_is_promoted(bench: StackHarness) -> None:
    base = {**ONLY_EVALUATED, "evaluation": {"enabled": True}}
    experiment_id = start(bench, "rates", [1e-7, 1e-3], base, promotion={"deployment": "best"})
    found = ended(bench, experiment_id)
    assert (found["status"], found["failure"]) == ("COMPLETED", None)
    assert [arm["status"] for arm in found["arms"]] == ["completed", "completed"]
    assert (found["leaderboard"]["conclusion"], found["leaderboard"]["best"]) == ("winner", ["rate-0.001"])
    assert found["leaderboard"]["simulated"]
    (preparation,) = found["preparations"]
    for arm, rate in zip(found["arms"], [1e-7, 1e-3], strict=True):
        (job,) = bench.jobs(arm["run_id"])
        assert job.request["customizationConfig"]["rftConfig"]["hyperParameters"]["learningRate"] == rate
        view = bench.client.run(arm["run_id"])
        assert view["smoke_test"]["report_uri"].endswith(f"{preparation['run_id']}/smoke_test.json")
    promoted = bench.wait(found["promotion_run_id"]).view
    assert promoted["promotion"]["status"] == "completed"
    (deployment,) = bench.client.deployments()["deployments"]
    assert deployment["model_arn"] == bench.client.run(found["arms"][1]["run_id"])["model_arn"]
    check_nothing_left(bench, experiment_id)


def test_cancelling_ends_its_runs_and_their_jobs(bench: StackHarness) -> None:
    experiment_id = in_training(bench, "cancelled")
    assert bench.client.experiments(limit=100)["experiments"][0]["experiment_id"] == experiment_id
    assert bench.client.cancel_experiment(experiment_id)["status"] == "CANCELLED"
    check_nothing_left(bench, experiment_id)
    assert statuses(bench, experiment_id) == ["COMPLETED", "CANCELLED"]
    assert bench.client.cancel_experiment(experiment_id)["status"] == "CANCELLED"


def test_an_aborted_execution_ends_its_experiment_and_all_its_runs(bench: StackHarness) -> None:
    experiment_id = in_training(bench, "aborted")
    refuse_stop(bench, "aborted")
    abort(bench, experiment_id)
    found = ended(bench, experiment_id)
    assert (found["status"], found["failure"]["error"]) == ("CANCELLED", "ExecutionAborted")
    assert "over the weekend" in found["failure"]["cause"]
    eventually(lambda: statuses(bench, experiment_id) == ["COMPLETED", "CANCELLED"], "its runs to end")
    check_nothing_left(bench, experiment_id)


def test_sweep_finds_an_end_without_event(bench: StackHarness) -> None:
    bench.aws.bedrock.hang("unheard-02")
    experiment_id = start(bench, "unheard", [1e-5, 3e-5])
    eventually(lambda: statuses(bench, experiment_id) == ["COMPLETED", "TRAINING"], "the first arm's end", seconds=200)
    bench.aws.faults.crash("ReconcileExperiment", count=None)
    abort(bench, experiment_id)
    assert bench.client.experiment(experiment_id)["status"] == "RUNNING"
    # who reconciles a run may announce its end just then: the sweep then says so, and repeats
    eventually(lambda: experiment_id in swept(bench), "the sweep", seconds=60)
    assert ended(bench, experiment_id)["status"] == "CANCELLED"
    check_nothing_left(bench, experiment_id)
    assert statuses(bench, experiment_id) == ["COMPLETED", "CANCELLED"]


def test_a_missing_evaluation_is_not_reported_as_access_denied(bench: StackHarness) -> None:
    bench.aws.bedrock.hang("missing-02")
    experiment_id = start(bench, "missing", [1e-5, 3e-5])
    eventually(lambda: statuses(bench, experiment_id) == ["COMPLETED", "TRAINING"], "the first arm's end", seconds=200)
    key = f"runs/{arm_runs(bench, experiment_id)[0]}/evaluation.json"
    bench.aws.client("s3").delete_object(Bucket=bench.aws.bucket, Key=key)
    answer = json.loads(bench.aws.invoke("FinishExperiment", json.dumps({"experiment_id": experiment_id}).encode()))
    assert answer["errorType"] == "DatasetNotFound"
    assert "403" not in answer["errorMessage"]
    bench.client.cancel_experiment(experiment_id)
    check_nothing_left(bench, experiment_id)


def test_an_experiment_whose_polling_fails_ends_with_its_runs(bench: StackHarness) -> None:
    experiment_id = in_training(bench, "unwatched")
    refuse_stop(bench, "unwatched")
    announce_nothing(bench)
    bench.aws.faults.add(function("CheckExperiment", "init_error", contains="unwatched"))
    found = ended(bench, experiment_id)
    assert (found["status"], found["failure"]["error"]) == ("FAILED", "Runtime.ImportModuleError")
    eventually(lambda: statuses(bench, experiment_id) == ["COMPLETED", "CANCELLED"], "its runs to end")
    check_nothing_left(bench, experiment_id)


def test_a_spent_budget_stops_running_arms_and_starts_no_other(bench: StackHarness) -> None:
    refuse: dict[str, Any] = {"code": "ValidationException", "status": 400, "contains": "spent-02"}
    experiment_id = in_training(bench, "spent", budget={"training_hours": 0.005})
    bench.aws.faults.add(Fault(service="states", operation="StopExecution", **refuse))
    announce_nothing(bench)
    found = ended(bench, experiment_id)
    assert (found["status"], found["failure"]["error"]) == ("FAILED", "NoArmEvaluated")
    assert "of 0.005 training hours are spent" in found["budget_reached"]
    assert [arm["status"] for arm in found["arms"]] == ["cancelled", "cancelled"]
    assert statuses(bench, experiment_id) == ["COMPLETED", "CANCELLED"]
    check_nothing_left(bench, experiment_id)


def test_a_run_added_while_its_experiment_is_cancelled_is_not_started(bench: StackHarness) -> None:
    wait = {"service": "dynamodb", "operation": "TransactWriteItems", "contains": "late-p1", "effect": "delay"}
    bench.aws.faults.add(Fault.model_validate({**wait, "seconds": 5}))
    experiment_id = start(bench, "late", [1e-5, 3e-5])
    eventually(lambda: bool(bench.aws.faults.injected()), "the write that waits")
    assert bench.client.cancel_experiment(experiment_id)["status"] == "CANCELLED"
    (preparation,) = bench.client.experiment(experiment_id)["preparations"]
    late = preparation["run_id"]
    eventually(lambda: (run_view(bench, late) or {}).get("status") == "CANCELLED", "the run that was added late")
    check_nothing_left(bench, experiment_id)
