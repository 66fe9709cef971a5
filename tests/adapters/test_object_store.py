from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest
from botocore.exceptions import IncompleteReadError
from botocore.stub import Stubber

from rft.adapters.object_store import S3ObjectStore, reading
from rft.errors import DatasetInvalid, DatasetNotFound, DatasetSizeOutOfBounds, RetryableServiceError


def test_a_stored_object_can_be_read(store: S3ObjectStore) -> None:
    uri = store.uri("runs/a/smoke_test.json")
    assert uri == "s3://data-bucket/runs/a/smoke_test.json"
    store.put_bytes(uri, b"one")
    store.put_bytes(uri, b"two")
    assert store.get_bytes(uri) == b"two"


@pytest.mark.parametrize("size", [0, 100, 20_000_000])
def test_streams_of_any_size_are_uploaded_unchanged(store: S3ObjectStore, size: int) -> None:
    body = (b"0123456789abcde\n" * (size // 16 + 1))[:size]
    uri = store.uri("runs/a/dataset/train-1.jsonl")
    store.put_stream(uri, (body[at : at + 100_003] for at in range(0, size, 100_003)))
    assert store.get_bytes(uri) == body


@pytest.mark.parametrize("good", [0, 1, 30])
def test_an_interrupted_stream_leaves_no_object(store: S3ObjectStore, good: int) -> None:
    def chunks() -> Iterator[bytes]:
        yield from [b"x" * 2**20] * good
        raise DatasetInvalid("broken")

    uri = store.uri("runs/a/dataset/train-1.jsonl")
    with pytest.raises(DatasetInvalid, match="broken"):
        store.put_stream(uri, chunks())
    with pytest.raises(DatasetNotFound):
        store.get_bytes(uri)


def test_a_small_object_is_found_if_it_exists(store: S3ObjectStore) -> None:
    uri = store.uri("uploads/pandalm/demo/run.json")
    assert store.find_bytes(uri, most=2) is None
    store.put_bytes(uri, b"{}")
    assert store.find_bytes(uri, most=2) == b"{}"
    with pytest.raises(DatasetSizeOutOfBounds):
        store.find_bytes(uri, most=1)


def test_access_denied_is_not_reported_as_a_missing_object() -> None:
    s3 = boto3.client("s3", region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")
    with Stubber(s3) as stubber:
        stubber.add_client_error("get_object", "AccessDenied", http_status_code=403)
        with pytest.raises(DatasetNotFound):
            S3ObjectStore(s3, bucket="data-bucket").find_bytes("s3://data-bucket/run.json", most=10)


def test_lines_are_read_one_by_one_without_line_ends(store: S3ObjectStore) -> None:
    uri = store.uri("rows.jsonl")
    lines = ['{"a": "\u2028 é"}'.encode(), b'{"a": "' + b"x" * 5000 + b'"}', b"{}"]
    store.put_bytes(uri, b"\n".join(lines) + b"\n")
    assert list(store.lines(uri)) == lines
    assert next(iter(store.lines(uri))) == lines[0]


def test_a_missing_object_is_not_found(store: S3ObjectStore) -> None:
    for uri in (store.uri("nothing"), "s3://no-such-bucket-at-all/nothing"):
        with pytest.raises(DatasetNotFound):
            store.get_bytes(uri)
        with pytest.raises(DatasetNotFound):
            list(store.lines(uri))


def test_an_interrupted_body_is_retryable() -> None:
    with pytest.raises(RetryableServiceError), reading("s3://data/key"):
        raise IncompleteReadError(actual_bytes=1, expected_bytes=2)
