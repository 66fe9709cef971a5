"""Confirmed writes are restored after a restart; a state that cannot be resumed is rejected."""

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

import pytest

from emulator import Emulator
from emulator.clock import ScaledClock
from emulator.faults import Fault
from emulator.simulator.learning import train
from emulator.simulator.plan import plan_simulation
from emulator.simulator.policy import Policy, SimulatedRollout
from emulator.state.store import VERSION, Record, StateUnusable, Store
from rft.contracts.dataset import DatasetRow
from rft.contracts.grading import GradeResult
from tests.kit.emulated_executions import ended, start
from tests.kit.emulated_jobs import create, row
from tests.kit.emulated_jobs import ended as job_ended
from tests.kit.rft_process import ROOT, rft_process
from tests.kit.state_runs import options
from tests.kit.waiting import eventually

pytestmark = pytest.mark.emulator


def test_published_versions_run_unchanged_after_a_restart(tmp_path: Path) -> None:
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


def test_objects_items_and_messages_survive_a_restart(tmp_path: Path) -> None:
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
    """Return everything that clients can read: objects, items and messages."""
    s3, bucket = aws.client("s3"), aws.bucket
    versions = s3.list_object_versions(Bucket=bucket)
    bodies = []
    for each in versions["Versions"]:
        found = s3.get_object(Bucket=bucket, Key=each["Key"], VersionId=each["VersionId"])
        bodies.append(
            (found["Body"].read(), found["ETag"], found["ContentType"], found["Metadata"], found["LastModified"])
        )
    table = aws.stack.physical_ids["Table"]
    items = aws.client("dynamodb").scan(TableName=table, ConsistentRead=True)["Items"]
    return versions["Versions"], versions["DeleteMarkers"], bodies, items, aws.messages()


def test_jobs_models_and_deployments_survive_a_restart(tmp_path: Path) -> None:
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


def test_a_hanging_job_stays_hanging_until_it_is_stopped(tmp_path: Path) -> None:
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


def test_training_resumes_with_the_same_results() -> None:
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


def test_fault_counters_survive_a_restart_with_the_same_rules(tmp_path: Path) -> None:
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


def test_a_state_in_use_is_refused(tmp_path: Path) -> None:
    with Emulator.start(options(tmp_path)), rft_process("local", "up", "--state", str(tmp_path)) as second:
        out, err = second.communicate()
        assert (second.returncode, out) == (1, "")
        assert f"the state in {tmp_path} is in use by a running emulator" in " ".join(err.split())
        assert err.count("\n") == 1
    Emulator.start(options(tmp_path)).close()


def test_a_changed_template_or_parameter_is_refused(tmp_path: Path) -> None:
    Emulator.start(options(tmp_path)).close()
    with pytest.raises(StateUnusable, match=f"{tmp_path} belongs to another template"):
        Emulator.start(options(tmp_path, parameters={"Greeting": "moin"}))
    Emulator.start(options(tmp_path)).close()


def test_a_folder_that_is_no_state_folder_is_refused_and_unchanged(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("words")
    file = tmp_path / "thesis.tex"
    for folder, reason in ((tmp_path, "contains other files"), (file, "is a file")):
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
    for folder, reason in ((broken, "is damaged"), (foreign, "not an emulator's state"), (later, "has version")):
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


def test_writes_are_complete_and_durable_after_a_kill(tmp_path: Path) -> None:
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
