from __future__ import annotations

import json
import random

import pytest

from rft.contracts.http.principal import Principal
from rft.contracts.ledger import RunStatus
from rft.contracts.steps import UploadOutcome
from rft.errors import RetryableServiceError, RetryableThrottling
from tests.kit.uploads import KEY, RUN_JSON, Bucket


@pytest.fixture
def bucket() -> Bucket:
    return Bucket()


def test_a_file_becomes_a_run_of_its_version(bucket: Bucket) -> None:
    bucket.store.objects[RUN_JSON] = json.dumps({"mode": "preflight"}).encode()
    run_id = bucket.deliver().run_id
    assert run_id is not None
    record = bucket.ledger.get(run_id)
    assert record.requested_by == Principal(type="account", id="123456789012")
    assert (record.name, record.request.mode, record.request.dataset.version) == ("demo", "preflight", "v1")
    assert bucket.executions.started[run_id]["request"]["dataset"]["uri"] == f"s3://data-bucket/{KEY}"


def test_twenty_deliveries_in_any_order_are_one_run_per_version(bucket: Bucket) -> None:
    versions = ["v1", "v2"] * 20
    random.Random(3).shuffle(versions)
    runs = {version: set[str | None]() for version in versions}
    for version in versions:
        runs[version].add(bucket.deliver(version=version).run_id)
    assert [len(ids) for ids in runs.values()] == [1, 1]
    assert len(bucket.ledger.records) == len(bucket.executions.started) == 2


def test_without_versions_the_etag_identifies_an_upload(bucket: Bucket) -> None:
    first, again = bucket.deliver(version=None), bucket.deliver(version=None)
    other = bucket.deliver(version=None, etag="e2")
    assert first == again
    assert other.run_id not in (None, first.run_id)
    assert first.run_id is not None
    assert bucket.ledger.get(first.run_id).request.dataset.version is None


@pytest.mark.parametrize("now", [b'{"mode": "preflight"}', b"{"])
def test_a_late_delivery_returns_its_run_after_run_json_changed(bucket: Bucket, now: bytes) -> None:
    first = bucket.deliver()
    bucket.store.objects[RUN_JSON] = now
    assert bucket.deliver() == first
    assert bucket.notifier.sent == []


def test_an_interrupted_delivery_is_completed_by_the_next(bucket: Bucket) -> None:
    bucket.executions.fails_with = [RetryableThrottling("slow down")]
    with pytest.raises(RetryableThrottling):
        bucket.deliver()
    bucket.store.objects[RUN_JSON] = b'{"mode": "preflight"}'
    run_id = bucket.deliver().run_id
    assert run_id is not None
    assert bucket.executions.started[run_id]["request"]["mode"] == "train"
    assert len(bucket.ledger.records) == 1


@pytest.mark.parametrize("key", ["uploads/pandalm/demo/run.json", "uploads/pandalm/demo/"])
def test_run_json_and_folders_start_nothing_without_a_problem(bucket: Bucket, key: str) -> None:
    assert bucket.deliver(key) == UploadOutcome()
    assert (bucket.ledger.records, bucket.notifier.sent) == ({}, [])


@pytest.mark.parametrize(
    ("key", "run_json", "reason"),
    [
        ("uploads/pandalm/demo/deep/er.json", None, "uploads/<task>/<name>/<file>"),
        ("uploads/nosuch/demo/a.json", None, "no task"),
        ("uploads/pandalm/demo/a%2e.json", None, "dataset.uri"),
        (KEY, b"{", "run.json"),
        (KEY, b'{"grader": {"name": "nosuch"}}', "grader"),
        (KEY, b" " * 65_537, "65,536 bytes"),
    ],
)
def test_an_upload_that_starts_no_run_is_recorded_and_announced_once(
    bucket: Bucket, key: str, run_json: bytes | None, reason: str
) -> None:
    if run_json is not None:
        bucket.store.objects[RUN_JSON] = run_json
    outcomes = [bucket.deliver(key) for _ in range(3)]
    assert outcomes[0].run_id is None
    assert outcomes[0] == outcomes[1] == outcomes[2]
    assert reason in " ".join(outcomes[0].problems)
    (rejection,) = bucket.ledger.rejections.values()
    assert (rejection.key, rejection.version, rejection.problems) == (key, "v1", outcomes[0].problems)
    ((subject, message),) = bucket.notifier.sent
    assert key in subject
    assert message["problems"] == list(rejection.problems)
    assert json.loads(json.dumps(message)) == message
    assert bucket.ledger.records == {}


def test_a_rejected_version_stays_rejected_and_a_new_one_may_start(bucket: Bucket) -> None:
    bucket.store.objects[RUN_JSON] = b"{"
    assert bucket.deliver().problems
    bucket.store.objects[RUN_JSON] = b"{}"
    assert bucket.deliver().problems
    assert bucket.deliver(version="v2").run_id is not None


def test_an_unsent_rejection_is_announced_by_the_next_delivery(bucket: Bucket) -> None:
    bucket.notifier.fails_with = [RetryableServiceError("later")]
    with pytest.raises(RetryableServiceError):
        bucket.deliver("uploads/x.json")
    bucket.deliver("uploads/x.json")
    assert len(bucket.notifier.sent) == 1


def test_a_run_that_has_ended_is_not_started_again(bucket: Bucket) -> None:
    run_id = bucket.deliver().run_id
    assert run_id is not None
    bucket.ledger.transition(run_id, RunStatus.CANCELLED)
    bucket.executions.started.clear()
    assert bucket.deliver().run_id == run_id
    assert bucket.executions.started == {}
