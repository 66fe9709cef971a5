from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest
from botocore.exceptions import IncompleteReadError
from moto import mock_aws

from rft.adapters.object_store import S3ObjectStore, reading
from rft.errors import DatasetInvalid, DatasetNotFound, RetryableServiceError


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3ObjectStore]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        s3 = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket="data-bucket")
        yield S3ObjectStore(s3, bucket="data-bucket")


def test_what_is_put_can_be_read(store: S3ObjectStore) -> None:
    uri = store.uri("runs/a/smoke_test.json")
    assert uri == "s3://data-bucket/runs/a/smoke_test.json"
    store.put_bytes(uri, b"one")
    store.put_bytes(uri, b"two")
    assert store.get_bytes(uri) == b"two"


@pytest.mark.parametrize("size", [0, 100, 20_000_000])
def test_streams_of_any_size_are_uploaded_as_they_come(store: S3ObjectStore, size: int) -> None:
    body = (b"0123456789abcde\n" * (size // 16 + 1))[:size]
    uri = store.uri("runs/a/dataset/train-1.jsonl")
    store.put_stream(uri, (body[at : at + 100_003] for at in range(0, size, 100_003)))
    assert store.get_bytes(uri) == body


@pytest.mark.parametrize("good", [0, 1, 30])
def test_a_stream_that_breaks_off_leaves_nothing(store: S3ObjectStore, good: int) -> None:
    def chunks() -> Iterator[bytes]:
        yield from [b"x" * 2**20] * good
        raise DatasetInvalid("broken")

    uri = store.uri("runs/a/dataset/train-1.jsonl")
    with pytest.raises(DatasetInvalid, match="broken"):
        store.put_stream(uri, chunks())
    with pytest.raises(DatasetNotFound):
        store.get_bytes(uri)


def test_lines_come_one_by_one_without_their_ends(store: S3ObjectStore) -> None:
    uri = store.uri("rows.jsonl")
    lines = ['{"a": "\u2028 é"}'.encode(), b'{"a": "' + b"x" * 5000 + b'"}', b"{}"]
    store.put_bytes(uri, b"\n".join(lines) + b"\n")
    assert list(store.lines(uri)) == lines
    assert next(iter(store.lines(uri))) == lines[0]


def test_nothing_there_is_not_found(store: S3ObjectStore) -> None:
    for uri in (store.uri("nothing"), "s3://no-such-bucket-at-all/nothing"):
        with pytest.raises(DatasetNotFound):
            store.get_bytes(uri)
        with pytest.raises(DatasetNotFound):
            list(store.lines(uri))


def test_a_body_that_breaks_off_can_be_tried_again() -> None:
    with pytest.raises(RetryableServiceError), reading("s3://data/key"):
        raise IncompleteReadError(actual_bytes=1, expected_bytes=2)
