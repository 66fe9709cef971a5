"""`--state`: a stopped or killed emulator resumes its work."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import boto3
import pytest
from botocore.credentials import Credentials

from emulator import Emulator, EmulatorOptions
from emulator.faults import Fault
from rft_client.api_client import ApiClient
from rft_client.errors import ApiError
from tests.e2e.stages import SMALL, wait_for
from tests.kit.emulated_executions import ended, start
from tests.kit.rft_process import rft_process
from tests.kit.stack_harness import SAMPLE, StackHarness
from tests.kit.state_runs import options
from tests.kit.waiting import eventually

pytestmark = pytest.mark.emulator


WAITING = Fault(
    service="lambda", operation="Invoke", subject="GradePandalm", contains="trained-", effect="delay", seconds=300
)
"""Delays the grader of a job, so that the job is waiting for it."""

SHORT = {"hyperparameters": {"batchSize": 16, "trainingSamplePerPrompt": 2, "epochCount": 1}}


class Killed:
    """`rft local up --state` in a separate process, and its API."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        self.process = process
        self.facts = json.loads(process.stdout.readline())
        keys = Credentials(self.facts["access_key_id"], self.facts["secret_access_key"])
        self.client = ApiClient.signed(self.facts["api_url"], self.facts["region"], keys)

        self.s3 = boto3.client(
            "s3",
            endpoint_url=self.facts["aws_endpoint"],
            region_name=self.facts["region"],
            aws_access_key_id=keys.access_key,
            aws_secret_access_key=keys.secret_key,
        )

    def start(self, name: str) -> str:
        self.s3.upload_file(str(SAMPLE), self.facts["bucket"], "datasets/sample.json")
        uri = f"s3://{self.facts['bucket']}/datasets/sample.json"
        dataset = {"task": "pandalm", "uri": uri}
        run_id: str = self.client.start_run({"name": name, "dataset": dataset, **SMALL, **SHORT})["run_id"]
        return run_id

    def trains(self, run_id: str) -> bool:
        """Return whether the run's job has persisted a step."""
        found = self.s3.list_objects_v2(Bucket=self.facts["bucket"], Prefix=f"runs/{run_id}/output/")
        return any("step_wise" in each["Key"] for each in found.get("Contents", ()))


@pytest.mark.slow  # a test with one run, stopped in each stage, is below
def test_a_run_resumes_after_a_kill_during_training(tmp_path: Path) -> None:
    state, faults = tmp_path / "state", tmp_path / "faults.json"
    doomed_rule = Fault(service="bedrock", operation="Train", effect="fail", step=1, subject="doomed-")
    until_killed = WAITING.model_copy(update={"after": "CreateModelCustomizationJob", "skip": 2})
    faults.write_text(json.dumps([rule.model_dump() for rule in (doomed_rule, until_killed)]))
    state_options = ("--state", str(state), "--faults", str(faults))
    with rft_process("local", "up", "--json", "--speed", "600", "--training-seconds", "2", *state_options) as process:
        killed = Killed(process)
        doomed, trained = killed.start("doomed"), killed.start("trained")
        eventually(lambda: killed.trains(trained), "the job to train", every=0.05)
        eventually(lambda: killed.client.run(doomed)["notified"], "the other's end to be announced", every=0.05)
        before = killed.client.run(doomed)
        killed.process.kill()
    options = EmulatorOptions(speed=600, training_seconds=2, state=state, faults=[WAITING])
    with Emulator.start(options) as aws:
        bench = StackHarness(aws)
        (job,) = bench.jobs(trained)
        assert job.status == "InProgress"
        assert job.plan is not None
        assert 0 < len(job.steps) < job.plan.steps
        assert bench.client.run(doomed) == before
        aws.faults.clear()
        run = bench.wait(trained)
        assert (run.status, run.execution, bench.jobs(trained)) == ("COMPLETED", "SUCCEEDED", [job])
        assert [step.step for step in job.steps] == list(range(1, job.plan.steps + 1))
        assert [len(bench.messages(run_id)) for run_id in (doomed, trained)] == [1, 0]  # no message for a completed run
    with Emulator.start(options) as aws:
        bench = StackHarness(aws)
        assert [bench.client.run(run_id) for run_id in (doomed, trained)] == [before, run.view]
        (model,) = aws.client("bedrock").list_custom_models()["modelSummaries"]
        assert model["modelArn"] == run.view["model_arn"]
        assert len(bench.rows(trained, "train")) > 0


def test_a_run_stopped_in_every_stage_requests_approval_once_and_completes(tmp_path: Path) -> None:
    options = EmulatorOptions(speed=600, training_seconds=0.5, max_steps=3, state=tmp_path)
    run_id, stages = "", ["PREPARING", "SMOKE_TESTING", "AWAITING_APPROVAL"]
    for number in range(len(stages)):
        with Emulator.start(options) as aws:
            bench = StackHarness(aws)
            run_id = run_id or bench.start("asked", **SMALL, require_approval=True)
            if wait_for(bench, run_id, *stages[number:])["status"] == stages[-1]:
                eventually(lambda: "TaskSubmitted" in history(bench, run_id), "the approval request to be announced")  # noqa: B023
    with Emulator.start(options) as aws:
        bench = StackHarness(aws)
        eventually(lambda: answered(bench, run_id), "the answer to be taken")
        run = bench.wait(run_id)
        assert (run.status, run.execution) == ("COMPLETED", "SUCCEEDED")
        assert run.stages == ["PENDING", *stages, "STARTING", "TRAINING", "COMPLETED"]
        assert (len(bench.messages(run_id)), len(bench.jobs(run_id))) == (1, 1)


def history(bench: StackHarness, run_id: str) -> str:
    arn = bench.aws.execution_arn(run_id)
    return str(bench.aws.client("stepfunctions").get_execution_history(executionArn=arn)["events"])


def answered(bench: StackHarness, run_id: str) -> bool:
    """Return whether the approval was accepted; it needs the new task token of the repeated step."""
    try:
        return bool(bench.client.approve(run_id, approved=True, by="Ada", comment=""))
    except ApiError as error:
        if error.status != 503:
            raise
        return False


def test_an_execution_resumes_at_its_state_with_its_variables(tmp_path: Path) -> None:
    slow = options(tmp_path, speed=1)  # so that the Wait takes a minute
    with Emulator.start(slow) as aws:
        waiting = start(aws, "waiting", payload={"do": "echo", "text": 'a "quoted" \n line'})
        failed = start(aws, "failed", payload={"do": "raise", "message": "no"})
        states = aws.client("stepfunctions")
        how = ended(aws, failed)
        eventually(lambda: "WaitStateEntered" in str(states.get_execution_history(executionArn=waiting)))
    with Emulator.start(options(tmp_path)) as aws:
        found = ended(aws, waiting)
        assert (found["status"], found["name"]) == ("SUCCEEDED", "waiting")
        assert json.loads(found["output"])["said"]["event"]["text"] == 'a "quoted" \n line'
        again = aws.client("stepfunctions").describe_execution(executionArn=failed)
        assert {**again, "ResponseMetadata": None} == {**how, "ResponseMetadata": None}
        with pytest.raises(aws.client("stepfunctions").exceptions.ExecutionAlreadyExists):
            start(aws, "failed", payload={"do": "raise", "message": "no"})


def test_an_execution_started_after_a_resumed_one_begins_at_its_start(tmp_path: Path) -> None:
    with Emulator.start(options(tmp_path, speed=1)) as aws:
        waiting = start(aws, "waiting", payload={"do": "echo"})
        states = aws.client("stepfunctions")
        eventually(lambda: "WaitStateEntered" in str(states.get_execution_history(executionArn=waiting)))
    with Emulator.start(options(tmp_path)) as aws:
        ended(aws, waiting)
        new = ended(aws, start(aws, "new", payload={"do": "echo"}))
        assert (new["status"], json.loads(new["output"])["said"]["event"]) == ("SUCCEEDED", {"do": "echo"})


def test_map_restarts_with_all_items(tmp_path: Path) -> None:
    items = [{"do": "echo"}, {"do": "sleep", "seconds": 1}, {"do": "sleep", "seconds": 1.5}]
    with Emulator.start(options(tmp_path)) as aws:
        arn = start(aws, "map", payload={"do": "echo"}, each=items)
        eventually(lambda: aws.logs("Probe").count("echoing") == 2)  # one call is before the Map
    with Emulator.start(options(tmp_path)) as aws:
        found = ended(aws, arn)
        assert (found["status"], json.loads(found["output"])) == ("SUCCEEDED", items)


def test_a_resumed_execution_can_be_stopped(tmp_path: Path) -> None:
    with Emulator.start(options(tmp_path)) as aws:
        arn = start(aws, "asked", payload={"do": "echo"}, ask=True)
        states = aws.client("stepfunctions")
        eventually(lambda: "TaskSubmitted" in str(states.get_execution_history(executionArn=arn)))
    with Emulator.start(options(tmp_path)) as aws:
        states = aws.client("stepfunctions")
        eventually(lambda: "TaskSubmitted" in str(states.get_execution_history(executionArn=arn)))
        states.stop_execution(executionArn=arn, error="Console", cause="by hand")
        assert ended(aws, arn)["status"] == "ABORTED"
