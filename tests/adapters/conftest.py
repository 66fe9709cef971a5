from __future__ import annotations

import ctypes
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from rft.adapters.object_store import S3ObjectStore
from rft.adapters.sandbox.processes import ProcessSandbox
from tests.kit.dataset_servers import Server, serving
from tests.kit.sandboxed import PR_SET_CHILD_SUBREAPER, passed


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A client of moto's S3, which has an empty bucket `data-bucket`."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="data-bucket")
        yield client


@pytest.fixture
def store(s3: Any) -> S3ObjectStore:
    """On that bucket."""
    return S3ObjectStore(s3, bucket="data-bucket")


@pytest.fixture
def server() -> Iterator[Server]:
    with serving(Server()) as started:
        yield started


@pytest.fixture(scope="module")
def sandbox() -> Iterator[ProcessSandbox]:
    """One with a fork server running. Processes that a fork server loses become this process's children."""
    prctl = ctypes.CDLL(None).prctl
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    opened = ProcessSandbox()
    assert passed(opened, "def f(): return 1", "assert f() == 1") == [True]
    yield opened
    opened.close()
    prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)
