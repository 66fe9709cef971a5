"""Bad input: each is refused with a message that says what to fix, and nothing is started."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rft_client.errors import ApiError
from tests.kit.stack_harness import SAMPLE, StackHarness

pytestmark = pytest.mark.emulator

RECORDS: list[dict[str, Any]] = json.loads(SAMPLE.read_text())


def _dump(records: list[dict[str, Any]]) -> bytes:
    return json.dumps(records).encode()


def _without_instruction() -> list[dict[str, Any]]:
    records = [dict(record) for record in RECORDS]
    del records[2]["instruction"]
    del records[7]["annotator1"], records[7]["annotator2"], records[7]["annotator3"]
    return records


FILES = {
    "malformed": (b'[{"instruction": "Say hi"', "DatasetInvalid", ""),
    "empty": (b"[]", "DatasetSizeOutOfBounds", "0 records"),
    "few": (_dump(RECORDS[:60]), "DatasetSizeOutOfBounds", "100"),
    "garbage": (b"\x00\xff\x17garbage" * 3_000_000, "DatasetInvalid", "byte 0"),
    "incomplete": (_dump(_without_instruction()), "DatasetInvalid", "instruction"),
}


@pytest.mark.parametrize("name", FILES)
def test_an_unusable_file_fails_in_preparation(bench: StackHarness, name: str) -> None:
    body, error, words = FILES[name]
    ended = bench.run(f"file-{name}", body)
    failure = ended.view["failure"]
    assert (ended.status, ended.execution) == ("FAILED", "FAILED")
    assert (failure["stage"], failure["error"]) == ("PREPARING", error)
    assert words in failure["cause"]
    assert bench.jobs(ended.view["run_id"]) == []


def test_all_bad_records_are_named_and_may_be_skipped(bench: StackHarness) -> None:
    body = _dump(_without_instruction())
    cause = bench.run("bad-records", body).view["failure"]["cause"]
    assert "record 3" in cause
    assert "record 8" in cause
    tolerant = bench.run("bad-tolerated", body, dataset={"max_bad_records": 2}, mode="preflight")
    manifest = json.loads(bench.read(tolerant.view["dataset"]["manifest_uri"]))
    assert tolerant.status == "COMPLETED"
    assert [bad["position"] for bad in manifest["bad_records"]] == [3, 8]


def test_a_missing_object_is_named(bench: StackHarness) -> None:
    uri = f"s3://{bench.aws.bucket}/datasets/not-there.json"
    run_id = bench.client.start_run({"name": "missing", "dataset": {"task": "pandalm", "uri": uri}})["run_id"]
    failure = bench.wait(run_id).view["failure"]
    assert failure["error"] == "DatasetNotFound"
    assert uri in failure["cause"]


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "unknown task": ({"dataset": {"task": "nope", "uri": "s3://{bucket}/a.json"}}, "dataset.task"),
    "unknown field": ({"epochs": 3}, "epochs"),
    "bad name": ({"name": "No Spaces!"}, "name"),
    "foreign bucket": ({"dataset": {"task": "pandalm", "uri": "s3://elsewhere/a.json"}}, "dataset.uri"),
    "foreign host": ({"dataset": {"task": "pandalm", "uri": "https://example.com/a.json"}}, "dataset.uri"),
    "local file": ({"dataset": {"task": "pandalm", "uri": "file:///etc/passwd"}}, "dataset.uri"),
    "out of range": ({"hyperparameters": {"batchSize": 8}}, "hyperparameters.batchSize"),
    "unknown grader": ({"grader": {"name": "nope"}}, "grader.name"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_an_invalid_request_starts_no_execution(bench: StackHarness, case: str) -> None:
    fields, named = REFUSED[case]
    good = {"name": "fine", "dataset": {"task": "pandalm", "uri": f"s3://{bench.aws.bucket}/datasets/a.json"}}
    request = json.loads(json.dumps({**good, **fields}).replace("{bucket}", bench.aws.bucket))
    before = len(
        bench.aws.client("stepfunctions").list_executions(stateMachineArn=bench.aws.state_machine_arn)["executions"]
    )
    with pytest.raises(ApiError, match=named) as refusal:
        bench.client.start_run(request)
    assert refusal.value.status == 422
    after = len(
        bench.aws.client("stepfunctions").list_executions(stateMachineArn=bench.aws.state_machine_arn)["executions"]
    )
    assert after == before
