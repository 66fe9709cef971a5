from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from rft.adapters.object_store import S3ObjectStore
from rft.adapters.rollout_log import S3RolloutLog
from rft.contracts.telemetry import Rollout
from rft.errors import RetryableServiceError, RetryableThrottling
from rft.training.rollouts import rollouts_prefix, unpack
from tests.kit.fakes.clock import FixedClock
from tests.kit.project import RESOURCES

RUN = "demo-20261120t120000-00000000"
ROW = Rollout(
    run_id=RUN,
    grader="gsm8k",
    id="a",
    task_id="t",
    split="train",
    at=datetime(2026, 11, 20, 12, tzinfo=UTC),
    score=0.5,
    components={"answer": 0.5},
    seconds=0.01,
    answer_length=3,
)


def client() -> Any:
    return boto3.client("s3", region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")


def test_objects_are_named_by_time_and_never_twice_the_same() -> None:
    clock = FixedClock()
    with mock_aws():
        s3 = client()
        s3.create_bucket(Bucket="data")
        log = S3RolloutLog(s3, bucket="data", keeps_answers=False, clock=clock)
        for _ in range(2):
            log.write(RUN, [ROW])
        clock.advance(seconds=1)
        log.write(RUN, [ROW, ROW])
        keys = [item["Key"] for item in s3.list_objects_v2(Bucket="data")["Contents"]]
        last = s3.get_object(Bucket="data", Key=keys[-1])["Body"].read()

    assert len(keys) == 3
    assert [key[: len(rollouts_prefix(RUN)) + 23] for key in keys] == [
        *[f"runs/{RUN}/rollouts/20261120T120000.000000Z"] * 2,
        f"runs/{RUN}/rollouts/20261120T120001.000000Z",
    ]
    assert list(unpack(last)) == [ROW, ROW]


def test_rollouts_have_the_tag_that_the_templates_lifecycle_rule_expires() -> None:
    rules = RESOURCES["DataBucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
    (rule,) = [rule for rule in rules if rule["Id"] == "DropRollouts"]
    with mock_aws():
        s3 = client()
        s3.create_bucket(Bucket="data")
        S3RolloutLog(s3, bucket="data", keeps_answers=False, clock=FixedClock()).write(RUN, [ROW])
        store = S3ObjectStore(s3, bucket="data")
        for name in ("rollouts/errors/0.txt", "report.json"):
            store.put_bytes(store.uri(f"runs/{RUN}/{name}"), b"x")
        keys = [item["Key"] for item in s3.list_objects_v2(Bucket="data")["Contents"]]
        tags = {key: s3.get_object_tagging(Bucket="data", Key=key)["TagSet"] for key in keys}

    assert len(tags) == 3
    assert all(key.startswith(rule["Prefix"]) for key in tags)
    assert {key for key, found in tags.items() if found == rule["TagFilters"]} == {
        key for key in tags if key.startswith(rollouts_prefix(RUN))
    }


@pytest.mark.parametrize(
    ("code", "status", "error"), [("SlowDown", 503, RetryableThrottling), ("InternalError", 500, RetryableServiceError)]
)
def test_faults_of_s3_are_mapped(code: str, status: int, error: type[Exception]) -> None:
    s3 = client()
    with Stubber(s3) as stub:
        for _ in range(5):
            stub.add_client_error("put_object", code, "no", status)
        with pytest.raises(error):
            S3RolloutLog(s3, bucket="data", keeps_answers=False, clock=FixedClock()).write(RUN, [ROW])
