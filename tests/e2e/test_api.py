"""The HTTP API on the wire: who gets in, what is refused, what many callers at once get."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import requests

from rft.adapters.clock import SystemClock
from rft.adapters.dynamodb.ledger import DynamoLedger
from rft.adapters.dynamodb.ledger_items import record_item
from rft.contracts.ledger import RunRecord
from tests.e2e.signing import send
from tests.e2e.stages import SMALL, wait_for
from tests.kit.project import RESOURCES
from tests.kit.records import run_record
from tests.kit.stack_harness import SAMPLE, StackHarness
from tests.kit.waiting import eventually

pytestmark = pytest.mark.emulator

ROUTES = [
    (e["Properties"]["Method"], e["Properties"]["Path"]) for e in RESOURCES["Api"]["Properties"]["Events"].values()
]
TRICKS = [
    "s3://another-bucket/uploads/pandalm/demo/testset.json",
    "s3://user:secret@{bucket}/testset.json",
    "s3://{bucket}/uploads/../runs/a/dataset/test.jsonl",
    "s3://{bucket}/uploads/%2e%2e/runs/a.jsonl",
    "s3://{bucket}/uploads%2fpandalm%2fa.json",
    "s3://{bucket}/runs/a/dataset/test.jsonl",
    "S3://{bucket}.s3.amazonaws.com/a.json",
    "file:///etc/passwd",
    "file://localhost/etc/passwd",
    "/etc/passwd",
    "http://raw.githubusercontent.com/a.json",
    "https://example.com/a.json",
    "https://raw.githubusercontent.com@169.254.169.254/latest/meta-data/",
    "https://user:secret@raw.githubusercontent.com/a.json",
    "https://raw.githubusercontent.com.example.com/a.json",
    "https://raw.githubusercontent.com:8443/a.json",
    "https://raw.githubusercontent.com/../a.json",
    "https://raw.githubusercontent.com/a%2f..%2fb.json",
    "https://169.254.169.254/latest/meta-data/",
    "https://127.0.0.1/a.json",
    "https://[::1]/a.json",
    "https://10.0.0.1/a.json",
    "https://localhost/a.json",
    "gopher://raw.githubusercontent.com/a.json",
    "data:application/json,[]",
]


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_an_unsigned_request_is_refused(bench: StackHarness, method: str, path: str) -> None:
    url = bench.aws.api_url + path.replace("{run_id}", "pandalm-judge-20261120t120000-0a1b2c3d")
    assert requests.request(method, url, json={}, timeout=10).status_code == 403


def test_an_unsupported_method_is_refused_with_the_allowed_ones(bench: StackHarness) -> None:
    answer = send(bench, "PUT", "/runs")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, POST")
    assert send(bench, "GET", "/nowhere/at/all").headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("trick", TRICKS)
def test_a_dataset_host_that_is_not_allowed_starts_no_run(bench: StackHarness, trick: str) -> None:
    uri = trick.format(bucket=bench.aws.bucket)
    answer = send(bench, "POST", "/runs", {"name": "tricky", "dataset": {"task": "pandalm", "uri": uri}})
    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert [error["field"] for error in answer.json()["errors"]] == ["dataset.uri"]
    assert "secret" not in answer.text
    assert bench.client.runs({"name": "tricky"}, limit=None)["runs"] == []


def test_a_version_is_accepted_for_s3_only(bench: StackHarness) -> None:
    dataset = {"task": "pandalm", "uri": "https://raw.githubusercontent.com/a.json", "version": "1"}
    answer = send(bench, "POST", "/runs", {"name": "versioned", "dataset": dataset})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "dataset.version")


@pytest.mark.slow  # tests/unit/steps/api/test_start_run.py has the same without an emulator
def test_fifty_identical_requests_with_one_key_are_one_run(bench: StackHarness) -> None:
    uri = bench.put("datasets/fifty.json", SAMPLE.read_bytes())
    body = {"name": "fifty", "dataset": {"task": "pandalm", "uri": uri}, **SMALL, "mode": "preflight"}
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _: send(bench, "POST", "/runs", body, **{"Idempotency-Key": "once"}), range(50)))
    statuses = [answer.status_code for answer in answers]
    assert statuses.count(202) == 1
    assert set(statuses) <= {200, 202, 503}
    assert len({answer.json()["run_id"] for answer in answers if answer.status_code < 300}) == 1
    (run,) = eventually(lambda: bench.client.runs({"name": "fifty"}, limit=None)["runs"], "the index")
    assert wait_for(bench, run["run_id"], "COMPLETED")
    assert len(bench.client.run(run["run_id"])["timeline"]) == 4
    assert send(bench, "POST", "/runs", {**body, "mode": "train"}, **{"Idempotency-Key": "once"}).status_code == 409


def test_two_hundred_runs_are_listed_once_each_while_more_arrive(bench: StackHarness) -> None:
    table = bench.aws.stack.outputs["LedgerName"]
    dynamodb = bench.aws.client("dynamodb")
    ledger = DynamoLedger(dynamodb, table=table, clock=SystemClock())
    start = datetime.now(UTC) - timedelta(hours=1)

    def record(number: int) -> RunRecord:
        at = start + timedelta(seconds=number // 2)  # every two at the same time
        return run_record(f"paged-run-{number:05d}", at=at, name="paged")

    there = [record(number) for number in range(200)]
    for first in range(0, 200, 25):
        puts = [{"PutRequest": {"Item": record_item(run)}} for run in there[first : first + 25]]
        assert not dynamodb.batch_write_item(RequestItems={table: puts}).get("UnprocessedItems")
    eventually(lambda: len(bench.client.runs({"name": "paged"}, limit=None)["runs"]) == len(there), "the index")
    done = threading.Event()

    def keep_adding() -> None:
        for number in range(200, 500):
            if done.wait(0.02):
                return
            ledger.create(record(number))

    arrivals = threading.Thread(target=keep_adding)
    arrivals.start()
    try:
        listed, cursor = [], None
        while True:
            query = f"&cursor={cursor}" if cursor else ""
            page = send(bench, "GET", f"/runs?name=paged&limit=17{query}").json()
            listed += [run["run_id"] for run in page["runs"]]
            if (cursor := page["cursor"]) is None:
                break
    finally:
        done.set()
        arrivals.join()
    assert len(listed) == len(set(listed))
    assert listed == sorted(listed, reverse=True)
    expected = {run.run_id for run in there}
    assert [run_id for run_id in listed if run_id in expected] == sorted(expected, reverse=True)
