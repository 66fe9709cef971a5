"""Rights that whole runs seldom use: each function's, by what it does in their absence's stead.

`make policies` counts these calls; without them it would call the rights superfluous.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

from emulator import Emulator, EmulatorOptions
from emulator.faults import Fault
from tests.kit.needed_rights import REFUSED_LATER, invoke, sample_event, used
from tests.kit.stack_harness import NOT_MEASURED, SAMPLE, StackHarness
from tests.kit.waiting import eventually

pytestmark = pytest.mark.emulator

RUBRIC_RUN = "rubric-20261120t120000-0a1b2c3d"


@pytest.fixture(scope="module")
def bench() -> Iterator[StackHarness]:
    with Emulator.start(EmulatorOptions(speed=600, training_seconds=0.5, max_steps=3)) as aws:
        yield StackHarness(aws)


@pytest.fixture(autouse=True)
def _no_faults_left(bench: StackHarness) -> Iterator[None]:
    yield
    bench.aws.faults.clear()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("function", "name"),
    [
        ("IndexShard", "index_shard"),
        ("PlanShards", "plan_shards"),
        ("WriteShard", "write_shard"),
        ("JoinShards", "join_shards"),
        ("CompareModels", "compare_models"),
    ],
)
def test_a_missing_object_is_not_reported_as_access_denied(bench: StackHarness, function: str, name: str) -> None:
    answer = invoke(bench, function, sample_event(bench, name))
    assert answer["errorType"] == "DatasetNotFound", answer
    assert "AccessDenied" not in answer["errorMessage"]
    assert "403" not in answer["errorMessage"]
    assert used(bench, f"{function}Role", "s3:ListBucket")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["code", "composite", "extract", "finqa", "format"])
def test_a_grader_writes_its_rollouts(bench: StackHarness, name: str) -> None:
    samples = [
        {**sample, "run_id": f"{name}-20261120t120000-0a1b2c3d"} for sample in sample_event(bench, f"grade_{name}")
    ]
    assert len(invoke(bench, f"Grade{name.title()}", samples)) == len(samples)
    assert used(bench, f"Grade{name.title()}Role", "s3:PutObject")


def test_the_rubric_grader_reads_its_rubric_and_writes_rollouts(bench: StackHarness) -> None:
    samples = sample_event(bench, "grade_rubric")
    rubric = samples[0]["reference_answer"]["rubric"]
    bench.put(f"runs/{RUBRIC_RUN}/grader.json", json.dumps(rubric).encode())
    sample = {**samples[0], "reference_answer": {}, "run_id": RUBRIC_RUN}
    (result,) = invoke(bench, "GradeRubric", [sample])
    assert result["id"] == sample["id"]
    for action in ("bedrock:InvokeModel", "s3:GetObject", "s3:PutObject"):
        assert used(bench, "GradeRubricRole", action)


def test_the_api_recognises_the_execution_that_it_started_before(bench: StackHarness) -> None:
    bench.aws.faults.add(REFUSED_LATER)
    ended = bench.run("started-twice", mode="preflight")
    assert ended.status == "COMPLETED"
    assert bench.client.events(ended.view["run_id"])["events"] == ended.view["timeline"]
    assert used(bench, "ApiRole", "states:DescribeExecution")


def test_an_upload_recognises_the_execution_that_it_started_before(bench: StackHarness) -> None:
    bench.aws.faults.add(REFUSED_LATER)
    bench.put("uploads/pandalm/uploaded-twice/run.json", json.dumps({"mode": "preflight", **NOT_MEASURED}).encode())
    bench.put("uploads/pandalm/uploaded-twice/comparisons.json", SAMPLE.read_bytes())
    (found,) = eventually(lambda: bench.client.runs({"name": "uploaded-twice"}, limit=2)["runs"])
    assert bench.wait(found["run_id"]).status == "COMPLETED"
    assert used(bench, "StartFromUploadRole", "states:DescribeExecution")


def sweep_rule(bench: StackHarness) -> str:
    rules = bench.aws.client("events").list_rules()["Rules"]
    return str(next(rule["Name"] for rule in rules if "SweepRuns" in rule["Name"]))


def test_a_sweep_that_fails_three_times_goes_to_the_dead_letter_queue(bench: StackHarness) -> None:
    crash = Fault(service="lambda", operation="Invoke", subject="SweepRuns", effect="crash", count=3)
    bench.aws.faults.add(crash)
    bench.aws.fire(sweep_rule(bench))
    queue = bench.aws.stack.outputs["DeadLettersUrl"]
    receive = bench.aws.client("sqs").receive_message
    (message,) = eventually(lambda: receive(QueueUrl=queue).get("Messages"), "the event to be in the queue")
    assert json.loads(message["Body"])["detail-type"] == "Scheduled Event"
    assert used(bench, "SweepRunsRole", "sqs:SendMessage")


def test_an_undeliverable_upload_goes_to_the_dead_letter_queue(bench: StackHarness) -> None:
    gone = Fault(service="events", operation="Deliver", subject="rft-StartFromUpload", code="NO_RESOURCE", status=404)
    bench.aws.faults.add(gone)
    bench.put("uploads/pandalm/undelivered/comparisons.json", SAMPLE.read_bytes())
    queue, receive = bench.aws.stack.outputs["DeadLettersUrl"], bench.aws.client("sqs").receive_message
    (message,) = eventually(lambda: receive(QueueUrl=queue).get("Messages"), "the event to be in the queue")
    assert json.loads(message["Body"])["detail"]["object"]["key"] == "uploads/pandalm/undelivered/comparisons.json"
    assert used(bench, "DeadLettersPolicy", "sqs:SendMessage")


def test_a_sweep_deletes_the_deployment_of_a_run_that_has_ended(bench: StackHarness) -> None:
    ended = bench.run("left-behind")
    run_id, bedrock = ended.view["run_id"], bench.aws.client("bedrock")
    tags = {"rft:run-id": run_id, "rft:stack": "rft", "rft:purpose": "evaluation"}
    bedrock.create_custom_model_deployment(
        modelDeploymentName=run_id,
        modelArn=ended.view["model_arn"],
        tags=[{"key": key, "value": value} for key, value in tags.items()],
    )
    assert run_id in invoke(bench, "SweepRuns", {})["runs"]
    assert bedrock.list_custom_model_deployments()["modelDeploymentSummaries"] == []
    assert used(bench, "SweepRunsRole", "bedrock:DeleteCustomModelDeployment")
    assert used(bench, "SweepRunsRole", "bedrock:ListTagsForResource")


@pytest.mark.slow
@pytest.mark.parametrize("function", ["PublishEvents", "WakeRuns", "ReconcileExperiment"])
def test_an_event_that_fails_three_times_goes_to_the_dead_letter_queue(bench: StackHarness, function: str) -> None:
    crash = Fault(service="lambda", operation="Invoke", subject=function, effect="crash", count=3)
    bench.aws.faults.add(crash)
    name = bench.aws.stack.physical_ids[function]
    bench.aws.client("lambda").invoke(FunctionName=name, InvocationType="Event", Payload=b"{}")
    eventually(lambda: used(bench, f"{function}Role", "sqs:SendMessage"), "the event to be in the queue")


@pytest.mark.slow
def test_a_missing_rubric_is_not_reported_as_access_denied(bench: StackHarness) -> None:
    sample = {**sample_event(bench, "grade_rubric")[0], "reference_answer": {}}
    answer = invoke(bench, "GradeRubric", [{**sample, "run_id": "missing-20261120t120000-0a1b2c3d"}])
    assert not re.search("403|AccessDenied", json.dumps(answer))
    assert used(bench, "GradeRubricRole", "s3:ListBucket")


@pytest.mark.slow
def test_a_job_and_a_deployment_that_appear_late_are_found(bench: StackHarness) -> None:
    for operation in ("GetModelCustomizationJob", "GetCustomModelDeployment"):
        unseen = Fault(service="bedrock", operation=operation, code="ResourceNotFoundException", status=404, count=3)
        bench.aws.faults.add(unseen)
    ended = bench.run("unseen", evaluation={"enabled": True})
    assert (ended.status, ended.view["evaluation"]["status"]) == ("COMPLETED", "completed"), ended.view
    for function in ("CheckTraining", "CheckDeployment"):
        assert used(bench, f"{function}Role", "dynamodb:Query")
