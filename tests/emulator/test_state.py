"""`--state`: an emulator that was stopped or killed goes on where it was."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.credentials import Credentials

from emulator import Emulator, EmulatorOptions
from emulator.clock import ScaledClock
from emulator.faults import Fault
from emulator.simulator.learning import train
from emulator.simulator.plan import plan_simulation
from emulator.simulator.policy import Policy, SimulatedRollout
from emulator.state.store import VERSION, Record, StateUnusable, Store
from rft.contracts.dataset import DatasetRow
from rft.contracts.grading import GradeResult
from rft_client.api_client import ApiClient
from rft_client.errors import ApiError
from tests.e2e.stages import SMALL, wait_for
from tests.kit.emulated_executions import ended, start
from tests.kit.emulated_jobs import create, row
from tests.kit.emulated_jobs import ended as job_ended
from tests.kit.project import SMALL_STACK
from tests.kit.rft_process import ROOT, rft_process
from tests.kit.stack_harness import SAMPLE, StackHarness
from tests.kit.waiting import eventually

pytestmark = pytest.mark.emulator


# ---- killed in the middle of a run ----------------------------------------------------------------------------------


SHORT = {"hyperparameters": {"batchSize": 16, "trainingSamplePerPrompt": 2, "epochCount": 1}}


class Killed:
    """`rft local up --state` in a process of its own, with the API before it."""

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
        """Whether its job has written down a step."""
        found = self.s3.list_objects_v2(Bucket=self.facts["bucket"], Prefix=f"runs/{run_id}/output/")
        return any("step_wise" in each["Key"] for each in found.get("Contents", ()))


def test_a_run_goes_on_after_a_kill_while_its_job_trains(tmp_path: Path) -> None:
    state, faults = tmp_path / "state", tmp_path / "faults.json"
    rules = [Fault(service="bedrock", operation="Train", effect="fail", step=1, subject="doomed-")]
    faults.write_text(json.dumps([rule.model_dump() for rule in rules]))
    state_options = ("--state", str(state), "--faults", str(faults))
    with rft_process("local", "up", "--json", "--speed", "600", "--training-seconds", "20", *state_options) as process:
        killed = Killed(process)
        doomed, trained = killed.start("doomed"), killed.start("trained")
        eventually(lambda: killed.trains(trained), "the job to train", every=0.05)
        eventually(lambda: killed.client.run(doomed)["notified"], "the other's end to be told", every=0.05)
        before = killed.client.run(doomed)
        killed.process.kill()
    options = EmulatorOptions(speed=600, training_seconds=2, state=state, faults=rules)
    with Emulator.start(options) as aws:
        bench = StackHarness(aws)
        (job,) = bench.jobs(trained)
        assert job.status == "InProgress"
        assert job.plan is not None
        assert 0 < len(job.steps) < job.plan.steps
        assert bench.client.run(doomed) == before
        run = bench.wait(trained)
        assert (run.status, run.execution, bench.jobs(trained)) == ("COMPLETED", "SUCCEEDED", [job])
        assert [step.step for step in job.steps] == list(range(1, job.plan.steps + 1))
        assert [len(bench.messages(run_id)) for run_id in (doomed, trained)] == [1, 0]  # none of a run that completed
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
                eventually(lambda: "TaskSubmitted" in history(bench, run_id), "the question to be told")  # noqa: B023
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
    """Whether the answer was taken: not before the step has been run again, which brings the token that counts now."""
    try:
        return bool(bench.client.approve(run_id, approved=True, by="Ada", comment=""))
    except ApiError as error:
        if error.status != 503:
            raise
        return False


# ---- what is kept ---------------------------------------------------------------------------------------------------


def options(state: Path, **changes: Any) -> EmulatorOptions:
    usual = EmulatorOptions(template=SMALL_STACK, stack_name="small", speed=600, training_seconds=0.3, max_steps=4)
    return replace(usual, state=state, **changes)


def test_an_execution_goes_on_at_its_state_with_its_variables(tmp_path: Path) -> None:
    slow = options(tmp_path, speed=1)  # it waits for a minute
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


def test_a_map_begins_again_with_all_of_its_items(tmp_path: Path) -> None:
    items = [{"do": "echo"}, {"do": "sleep", "seconds": 1}, {"do": "sleep", "seconds": 1.5}]
    with Emulator.start(options(tmp_path)) as aws:
        arn = start(aws, "map", payload={"do": "echo"}, each=items)
        eventually(lambda: aws.logs("Probe").count("echoing") == 2)  # once before the Map
    with Emulator.start(options(tmp_path)) as aws:
        found = ended(aws, arn)
        assert (found["status"], json.loads(found["output"])) == ("SUCCEEDED", items)


def test_an_execution_can_be_stopped_where_it_was_taken_up(tmp_path: Path) -> None:
    with Emulator.start(options(tmp_path)) as aws:
        arn = start(aws, "asked", payload={"do": "echo"}, ask=True)
        states = aws.client("stepfunctions")
        eventually(lambda: "TaskSubmitted" in str(states.get_execution_history(executionArn=arn)))
    with Emulator.start(options(tmp_path)) as aws:
        states = aws.client("stepfunctions")
        eventually(lambda: "TaskSubmitted" in str(states.get_execution_history(executionArn=arn)))
        states.stop_execution(executionArn=arn, error="Console", cause="by hand")
        assert ended(aws, arn)["status"] == "ABORTED"


def test_published_versions_run_as_they_were(tmp_path: Path) -> None:
    code = tmp_path / "code"
    code.mkdir()
    (code / "app.py").write_text("def handler(event, context):\n    return 'first'\n")
    with Emulator.start(options(tmp_path / "state")) as aws:
        aws.add_function("versioned", code)
        arn = aws.client("lambda").publish_version(FunctionName="versioned")["FunctionArn"]
    (code / "app.py").write_text("def handler(event, context):\n    return 'second'\n")
    with Emulator.start(options(tmp_path / "state")) as aws:
        aws.add_function("versioned", code)
        assert [aws.invoke(name, b"{}") for name in (arn, "versioned")] == [b'"first"', b'"second"']
        assert aws.client("lambda").publish_version(FunctionName="versioned")["Version"] == "2"


def test_objects_items_and_messages_are_as_they_were(tmp_path: Path) -> None:
    with Emulator.start(options(tmp_path)) as aws:
        s3, bucket = aws.client("s3"), aws.bucket
        for body in (b"one", b"two"):
            s3.put_object(Bucket=bucket, Key="a/b c+d", Body=body, ContentType="text/plain", Metadata={"by": "me"})
        for name in ("gone", "batch"):
            s3.put_object(Bucket=bucket, Key=name, Body=b"x")
        s3.delete_object(Bucket=bucket, Key="gone")
        s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "batch"}]})
        upload = s3.create_multipart_upload(Bucket=bucket, Key="parts")["UploadId"]
        parts = [
            {
                "PartNumber": at,
                "ETag": s3.upload_part(Bucket=bucket, Key="parts", UploadId=upload, PartNumber=at, Body=b)["ETag"],
            }
            for at, b in enumerate((b"p" * 5 * 1024 * 1024, b"q"), start=1)
        ]
        s3.complete_multipart_upload(Bucket=bucket, Key="parts", UploadId=upload, MultipartUpload={"Parts": parts})
        db: Any = aws.client("dynamodb")
        table = aws.stack.physical_ids["Table"]
        db.put_item(TableName=table, Item={"pk": {"S": "one"}, "set": {"SS": ["a", "b"]}, "n": {"N": "1.50"}})
        db.put_item(TableName=table, Item={"pk": {"S": "two"}})
        key = {"pk": {"S": "one"}}
        change: dict[str, Any] = {
            "UpdateExpression": "SET m = :m",
            "ExpressionAttributeValues": {":m": {"M": {"x": {"BOOL": True}}}},
        }
        db.transact_write_items(TransactItems=[{"Update": {"TableName": table, "Key": key, **change}}])
        db.delete_item(TableName=table, Key={"pk": {"S": "two"}})
        aws.client("sns").publish(TopicArn=aws.topic_arn, Subject="s", Message='{"run_id": "r"}')
        before = seen(aws), aws.stack.physical_ids, aws.graders, aws.credentials.access_key
    with Emulator.start(options(tmp_path)) as aws:
        assert (seen(aws), aws.stack.physical_ids, aws.graders, aws.credentials.access_key) == before


def seen(aws: Emulator) -> Any:
    """All that a client can see of objects, items and messages."""
    s3, bucket = aws.client("s3"), aws.bucket
    versions = s3.list_object_versions(Bucket=bucket)
    bodies = []
    for each in versions["Versions"]:
        found = s3.get_object(Bucket=bucket, Key=each["Key"], VersionId=each["VersionId"])
        bodies.append(
            (found["Body"].read(), found["ETag"], found["ContentType"], found["Metadata"], found["LastModified"])
        )
    items = aws.client("dynamodb").scan(TableName=aws.stack.physical_ids["Table"])["Items"]
    return versions["Versions"], versions["DeleteMarkers"], bodies, items, aws.messages()


def test_jobs_names_tokens_models_and_deployments_are_as_they_were(tmp_path: Path) -> None:
    with Emulator.start(options(tmp_path)) as aws:
        arn = create(aws, "done")
        model = job_ended(aws, arn)["outputModelArn"]
        bedrock = aws.client("bedrock")
        given = {"modelArn": model, "clientRequestToken": "t"}
        gone = bedrock.create_custom_model_deployment(modelDeploymentName="gone", **given)["customModelDeploymentArn"]
        bedrock.delete_custom_model_deployment(customModelDeploymentIdentifier=gone)
        given["clientRequestToken"] = "u"
        deployment = bedrock.create_custom_model_deployment(modelDeploymentName="d", **given)[
            "customModelDeploymentArn"
        ]
        before = [
            bedrock.get_model_customization_job(jobIdentifier=arn),
            learned(aws, "done"),
            answers(aws, deployment),
        ]
    with Emulator.start(options(tmp_path)) as aws:
        bedrock = aws.client("bedrock")
        after = [bedrock.get_model_customization_job(jobIdentifier=arn), learned(aws, "done"), answers(aws, deployment)]
        assert [without_metadata(each) for each in after] == [without_metadata(each) for each in before]
        assert create(aws, "done") == arn
        with pytest.raises(bedrock.exceptions.ClientError, match="already in use"):
            create(aws, "done", clientRequestToken="another")
        assert (
            bedrock.create_custom_model_deployment(modelDeploymentName="d", **given)["customModelDeploymentArn"]
            == deployment
        )
        more = bedrock.create_custom_model_deployment(modelDeploymentName="e", modelArn=model)
        assert more["customModelDeploymentArn"] not in (gone, deployment)


def learned(aws: Emulator, name: str) -> Any:
    job = aws.bedrock.job(name)
    assert job.policy is not None
    return job.steps, job.policy.logits


def answers(aws: Emulator, deployment: str) -> Any:
    bedrock, runtime = aws.client("bedrock"), aws.client("bedrock-runtime")
    named = {"customModelDeploymentIdentifier": deployment}
    eventually(lambda: bedrock.get_custom_model_deployment(**named)["status"] == "Active")
    messages: Any = [{"role": "user", "content": [{"text": "question 3"}]}]
    return runtime.converse(modelId=deployment, messages=messages)["output"]


def without_metadata(value: Any) -> Any:
    return {**value, "ResponseMetadata": None} if isinstance(value, dict) else value


def test_a_job_that_hangs_hangs_on_until_it_is_stopped(tmp_path: Path) -> None:
    with Emulator.start(options(tmp_path)) as aws:
        aws.bedrock.hang("stuck", at_step=2)
        arn = create(aws, "stuck")
        eventually(lambda: aws.bedrock.job(arn).hangs)
    with Emulator.start(options(tmp_path)) as aws:
        assert aws.faults.listed() == []
        assert len(aws.bedrock.job(arn).steps) == 1
        aws.client("bedrock").stop_model_customization_job(jobIdentifier=arn)
        assert job_ended(aws, arn)["status"] == "Stopped"


def test_back_offs_start_long_so_that_leases_of_a_killed_process_expire() -> None:
    for patience, least, most in ((0.0, 0.0, 0.5), (0.6, 0.5, 5.0)):
        clock = ScaledClock(600, patience=patience)
        began = time.monotonic()
        clock.sleep(60)
        assert least <= time.monotonic() - began < most
    began = time.monotonic()
    clock.sleep(60)
    assert time.monotonic() - began < 0.5


def test_learning_goes_on_as_if_it_had_never_stopped() -> None:
    rows = [DatasetRow.model_validate(row(number)) for number in range(30)]
    made = plan_simulation(
        len(rows), {"batchSize": 8, "epochCount": 3, "evalInterval": 2}, max_steps=12, max_rollouts=64
    )

    def grade(rollouts: list[SimulatedRollout]) -> list[GradeResult]:
        return [GradeResult(id="x", aggregate_reward_score=float(len(rollout.text) % 3 == 0)) for rollout in rollouts]

    def taken(policy: Policy, first: int = 0) -> Any:
        return train(policy, grade, plan=made, rows=rows, validation_rows=rows[:4], seed=7, steps_done=first)  # type: ignore[arg-type]

    whole = Policy(seed="s", learning_rate=made.learning_rate)
    expected = list(taken(whole))
    half = Policy(seed="s", learning_rate=made.learning_rate)
    course = taken(half)
    steps = [next(course) for _ in range(5)]
    rest = Policy(seed="s", learning_rate=made.learning_rate, logits=json.loads(json.dumps(half.logits)))
    assert [*steps, *taken(rest, 5)] == expected
    assert rest.logits == whole.logits


def test_rules_count_on_while_the_same_are_given(tmp_path: Path) -> None:
    rule = Fault(service="s3", operation="GetObject", count=2, skip=1)
    with Emulator.start(options(tmp_path, faults=[rule])) as aws:
        aws.faults.server_error("sns")
        aws.faults.take("s3", "GetObject", only=frozenset({"error"}))
        aws.faults.take("s3", "GetObject", only=frozenset({"error"}))
    with Emulator.start(options(tmp_path, faults=[rule])) as aws:
        remaining = [(each.service, each.count, each.skip) for each in aws.faults.listed()]
        assert remaining == [("s3", 1, 0), ("sns", 1, 0)]
    with Emulator.start(options(tmp_path, faults=[rule, rule])) as aws:
        assert len(aws.faults.listed()) == 2


# ---- what cannot be used --------------------------------------------------------------------------------------------


def test_a_state_in_use_is_refused(tmp_path: Path) -> None:
    with Emulator.start(options(tmp_path)), rft_process("local", "up", "--state", str(tmp_path)) as second:
        out, err = second.communicate()
        assert (second.returncode, out) == (1, "")
        assert f"the state in {tmp_path} is in use by an emulator that runs" in " ".join(err.split())
        assert err.count("\n") == 1
    Emulator.start(options(tmp_path)).close()


def test_another_template_or_other_parameters_are_refused(tmp_path: Path) -> None:
    Emulator.start(options(tmp_path)).close()
    with pytest.raises(StateUnusable, match=f"{tmp_path} is that of another template"):
        Emulator.start(options(tmp_path, parameters={"Greeting": "moin"}))
    Emulator.start(options(tmp_path)).close()


def test_folders_that_are_something_else_are_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("words")
    file = tmp_path / "thesis.tex"
    for folder, reason in ((tmp_path, "holds other files"), (file, "is a file")):
        with pytest.raises(StateUnusable, match=f"{folder} {reason}"):
            Store(folder)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_broken_foreign_or_other_version_database_is_refused(tmp_path: Path) -> None:
    broken, foreign, later = (tmp_path / name for name in ("broken", "foreign", "later"))
    broken.mkdir()
    (broken / "state.sqlite").write_bytes(b"no database at all" * 100)
    foreign.mkdir()
    with sqlite3.connect(foreign / "state.sqlite") as database:
        database.execute("CREATE TABLE recipes (name TEXT)")
    database.close()
    Store(later).close()
    with sqlite3.connect(later / "state.sqlite") as database:
        database.execute(f"PRAGMA user_version = {VERSION + 1}")
    database.close()
    for folder, reason in ((broken, "is damaged"), (foreign, "no emulator's state"), (later, "of version")):
        with pytest.raises(StateUnusable, match=reason) as refused:
            Store(folder)
        assert str(folder) in str(refused.value)


WRITER = """
import itertools, sys
from pathlib import Path
from emulator.state.store import Record, Store
store = Store(Path(sys.argv[1]))
for turn in itertools.count():
    store.put(*(Record("pair", side, {"turn": turn}, b"x" * 100_000) for side in ("left", "right")))
    print(turn, flush=True)
"""


def test_what_was_written_is_there_whole_after_a_kill(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "layers" / "rft")])}
    with subprocess.Popen(  # noqa: S603
        [sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, env=environment, text=True
    ) as process:
        assert process.stdout is not None
        turns = [int(process.stdout.readline()) for _ in range(20)]
        process.kill()
        turns += [int(line) for line in process.stdout if line.endswith("\n")]
    store = Store(tmp_path)
    first, second = (store.get("pair", side)["turn"] for side in ("left", "right"))
    assert first == second >= turns[-1]
    store.put(Record("pair", "left", None))
    assert dict(store.all("pair")) == {"right": {"turn": second}}
    store.close()


def test_without_a_folder_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with Emulator.start(replace(options(tmp_path), state=None)) as aws:
        ended(aws, start(aws, "one", payload={"do": "echo"}))
    assert list(tmp_path.iterdir()) == []
