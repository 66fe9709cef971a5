from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from rft.adapters.object_store import S3ObjectStore


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3ObjectStore]:
    """The store on an S3 of moto's, with an empty bucket."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        s3 = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket="data-bucket")
        yield S3ObjectStore(s3, bucket="data-bucket")
