from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from rft.adapters.rollout_log import S3RolloutLog
from rft.adapters.rollout_reader import S3RolloutReader
from rft.contracts.telemetry import Rollout
from rft.errors import RetryableServiceError, RetryableThrottling
from rft.training.rollouts import rollouts_key, rollouts_prefix
from tests.kit.fakes.clock import FixedClock
from tests.kit.records import RUN_ID
from tests.kit.rollouts import rollout

PREFIX = rollouts_prefix(RUN_ID)


@pytest.fixture
def s3() -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")
        client.create_bucket(Bucket="data")
        yield client


def written(s3: Any, *objects: list[Rollout]) -> list[str]:
    """Names of objects that a grader wrote, a second apart."""
    clock = FixedClock()
    log = S3RolloutLog(s3, bucket="data", keeps_answers=False, clock=clock)
    for rows in objects:
        log.write(RUN_ID, rows)
        clock.advance(seconds=1)
    return [item["Key"].removeprefix(PREFIX) for item in s3.list_objects_v2(Bucket="data")["Contents"]]


def test_rollouts_are_read_in_order_of_time(s3: Any) -> None:
    batches = [[rollout(number / 20, id=f"{number}")] for number in range(20)]
    names = written(s3, *batches)
    reader = S3RolloutReader(s3, bucket="data")
    assert [each.name for each in reader.after(RUN_ID, "", most=1000)] == names
    assert list(reader.read(RUN_ID, names)) == batches


def test_a_listing_continues_after_a_name_up_to_its_limit(s3: Any) -> None:
    names = written(s3, *[[rollout()]] * 5)
    reader = S3RolloutReader(s3, bucket="data")
    assert [each.name for each in reader.after(RUN_ID, names[1], most=2)] == names[2:4]
    assert reader.after(RUN_ID, names[-1], most=2) == []
    assert reader.after("another-run-20261120t120000-00000000", "", most=2) == []
    assert all(each.size > 0 for each in reader.after(RUN_ID, "", most=5))


def test_objects_of_other_names_are_skipped(s3: Any) -> None:
    (name,) = written(s3, [rollout()])
    for other in ("0", "readme.txt", "~"):
        s3.put_object(Bucket="data", Key=PREFIX + other, Body=b"x")
    assert [each.name for each in S3RolloutReader(s3, bucket="data").after(RUN_ID, "", most=10)] == [name]


def test_a_missing_or_invalid_object_is_none(s3: Any) -> None:
    clock = FixedClock()
    (good,) = written(s3, [rollout()])
    broken = rollouts_key(RUN_ID, clock.now() + timedelta(seconds=1), "b")
    s3.put_object(Bucket="data", Key=broken, Body=b"no gzip")
    gone = rollouts_key(RUN_ID, clock.now() + timedelta(seconds=2), "c")
    names = [good, broken.removeprefix(PREFIX), gone.removeprefix(PREFIX)]
    assert list(S3RolloutReader(s3, bucket="data").read(RUN_ID, names)) == [[rollout()], None, None]


def test_a_stopped_reader_leaves_no_thread(s3: Any) -> None:
    names = written(s3, *[[rollout()]] * 12)
    reading = S3RolloutReader(s3, bucket="data").read(RUN_ID, names)
    next(iter(reading))
    del reading
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("rollouts")]


@pytest.mark.parametrize(
    ("code", "status", "error"), [("SlowDown", 503, RetryableThrottling), ("InternalError", 500, RetryableServiceError)]
)
def test_faults_of_s3_are_mapped(code: str, status: int, error: type[Exception]) -> None:
    s3 = boto3.client("s3", region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")
    reader = S3RolloutReader(s3, bucket="data")
    for operation in ("list_objects_v2", "get_object"):
        with Stubber(s3) as stub:
            for _ in range(5):
                stub.add_client_error(operation, code, "no", status)
            with pytest.raises(error):
                reader.after(RUN_ID, "", most=1) if operation == "list_objects_v2" else list(reader.read(RUN_ID, ["a"]))
