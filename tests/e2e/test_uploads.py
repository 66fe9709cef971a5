"""Runs that start because a file landed in the bucket."""

from __future__ import annotations

import json
import random
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.e2e.stages import SMALL, wait_for
from tests.kit.stack_harness import SAMPLE, StackHarness
from tests.kit.waiting import eventually

pytestmark = pytest.mark.emulator

BODY = SAMPLE.read_bytes()
PREFLIGHT = json.dumps({**SMALL, "mode": "preflight"}).encode()


def runs_of(bench: StackHarness, name: str) -> list[dict[str, Any]]:
    return list(bench.client.runs({"name": name}, limit=None)["runs"])


def wait_for_runs(bench: StackHarness, name: str, count: int) -> list[dict[str, Any]]:
    eventually(lambda: len(runs_of(bench, name)) >= count, f"{count} runs of {name}")
    return runs_of(bench, name)


def event(bench: StackHarness, key: str, version: str) -> bytes:
    """S3's event for an object version, as EventBridge delivers it."""
    detail = {
        "bucket": {"name": bench.aws.bucket},
        "object": {"key": key, "version-id": version, "etag": "e", "size": 1},
    }
    return json.dumps({"detail-type": "Object Created", "source": "aws.s3", "detail": detail}).encode()


def refusals(bench: StackHarness, key: str) -> list[dict[str, Any]]:
    return [m["message"] for m in bench.aws.messages() if m["message"].get("key") == key]


def dead_letters(sqs: Any, url: str) -> list[dict[str, Any]]:
    """What waits in the queue, which is left there."""
    received = sqs.receive_message(QueueUrl=url, VisibilityTimeout=0, MaxNumberOfMessages=10)
    return [json.loads(message["Body"]) for message in received.get("Messages", [])]


def test_a_file_starts_a_run_on_exactly_its_version(bench: StackHarness) -> None:
    bench.put("uploads/pandalm/by-upload/run.json", json.dumps({**SMALL, "tags": {"via": "s3"}}).encode())
    bench.put("uploads/pandalm/by-upload/testset.json", BODY)
    (line,) = wait_for_runs(bench, "by-upload", 1)
    view = wait_for(bench, line["run_id"], "COMPLETED")
    versions = bench.aws.client("s3").list_object_versions(
        Bucket=bench.aws.bucket, Prefix="uploads/pandalm/by-upload/t"
    )
    assert view["request"]["dataset"]["version"] == versions["Versions"][0]["VersionId"]
    manifest = json.loads(bench.read(view["links"]["manifest"]))
    assert manifest["source"]["version"] == versions["Versions"][0]["VersionId"]
    assert view["request"]["tags"] == {"via": "s3"}
    assert len(runs_of(bench, "by-upload")) == 1, "run.json started one of its own"


def test_twenty_deliveries_start_one_run_and_other_content_another(bench: StackHarness) -> None:
    s3, key = bench.aws.client("s3"), "uploads/pandalm/often/testset.json"
    bench.put("uploads/pandalm/often/run.json", PREFLIGHT)
    versions = [
        s3.put_object(Bucket=bench.aws.bucket, Key=key, Body=body)["VersionId"] for body in (BODY, BODY + b"\n")
    ]
    deliveries = [event(bench, key, version) for version in versions for _ in range(20)]
    random.Random(7).shuffle(deliveries)
    with ThreadPoolExecutor(8) as pool:
        answers = [json.loads(a) for a in pool.map(lambda e: bench.aws.invoke("StartFromUpload", e), deliveries)]
    assert [a for a in answers if "errorType" in a and a["errorType"] not in {"RetryableThrottling"}] == []
    lines = wait_for_runs(bench, "often", 2)
    assert len(lines) == 2
    views = [wait_for(bench, line["run_id"], "COMPLETED") for line in lines]
    assert sorted(v["request"]["dataset"]["version"] for v in views) == sorted(versions)
    late = json.loads(bench.aws.invoke("StartFromUpload", event(bench, key, versions[0])))
    assert late["run_id"] in {line["run_id"] for line in lines}
    assert len(runs_of(bench, "often")) == 2


def test_a_run_reads_its_own_version_after_a_newer_upload(bench: StackHarness) -> None:
    s3, key = bench.aws.client("s3"), "datasets/versions.json"
    first = s3.put_object(Bucket=bench.aws.bucket, Key=key, Body=BODY)["VersionId"]
    s3.put_object(Bucket=bench.aws.bucket, Key=key, Body=b"no dataset")
    dataset = {"task": "pandalm", "uri": f"s3://{bench.aws.bucket}/{key}", "version": first}
    run_id = bench.client.start_run({"name": "older", "dataset": dataset, **SMALL, "mode": "preflight"})["run_id"]
    assert wait_for(bench, run_id, "COMPLETED", "FAILED")["status"] == "COMPLETED"


@pytest.mark.parametrize(
    ("folder", "file", "overrides", "reason"),
    [
        ("pandalm/Not A Name", "a.json", None, "key: name"),
        ("nosuch/fine", "a.json", None, "dataset.task"),
        ("pandalm/deep/er", "a.json", None, "uploads/<task>/<name>/<file>"),
        ("pandalm", "shallow.json", None, "uploads/<task>/<name>/<file>"),
        ("pandalm/percent", "a%41.json", None, "dataset.uri"),
        ("pandalm/no-json", "a.json", b"{", "run.json"),
        ("pandalm/no-object", "a.json", b"[]", "run.json"),
        ("pandalm/misspelt", "a.json", b'{"moed": "train"}', "run.json: moed"),
        ("pandalm/elsewhere", "a.json", b'{"dataset": {"uri": "s3://data/x"}}', "run.json: dataset.uri"),
        ("pandalm/no-grader", "a.json", b'{"grader": {"name": "nosuch"}}', "grader"),
        ("pandalm/too-large", "a.json", b" " * 70_000, "run.json"),
    ],
)
def test_an_upload_that_starts_no_run_is_recorded_and_announced_once(
    bench: StackHarness, folder: str, file: str, overrides: bytes | None, reason: str
) -> None:
    key = f"uploads/{folder}/{file}"
    if overrides is not None:
        bench.put(f"uploads/{folder}/run.json", overrides)
    version = bench.aws.client("s3").put_object(Bucket=bench.aws.bucket, Key=key, Body=BODY)["VersionId"]
    eventually(lambda: bool(refusals(bench, key)), f"{key} to be refused")
    again = json.loads(bench.aws.invoke("StartFromUpload", event(bench, key, version)))
    (message,) = refusals(bench, key)
    assert again["run_id"] is None
    assert again["problems"] == message["problems"]
    assert reason in " ".join(message["problems"])


def test_an_event_that_keeps_failing_goes_to_the_dead_letter_queue(bench: StackHarness) -> None:
    bench.aws.faults.crash("StartFromUpload", count=3)  # Lambda's own try and two retries
    bench.put("uploads/pandalm/crashing/a.json", BODY)
    sqs = bench.aws.client("sqs")
    url = bench.aws.stack.outputs["DeadLettersUrl"]
    eventually(lambda: bool(dead_letters(sqs, url)), "the dead letter")
    (letter,) = dead_letters(sqs, url)
    assert letter["detail"]["object"]["key"] == "uploads/pandalm/crashing/a.json"
    assert runs_of(bench, "crashing") == []
