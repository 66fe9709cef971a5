from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
from moto import mock_aws

from rft import wiring
from rft.adapters.run_files import S3RunFiles
from rft.ports.run_files import RunFile
from tests.kit.records import RUN_ID


@pytest.fixture
def s3() -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")
        client.create_bucket(Bucket="data-bucket")
        yield client


def test_files_are_listed_in_order_within_the_runs_folder(s3: Any) -> None:
    for name in ("runs/another/x", f"runs/{RUN_ID}/b", f"runs/{RUN_ID}/a/1", f"runs/{RUN_ID}/c"):
        s3.put_object(Bucket="data-bucket", Key=name, Body=name.encode())
    files = S3RunFiles(s3, bucket="data-bucket")
    first = files.after(RUN_ID, "", most=2)
    assert [file.name for file in first] == ["a/1", "b"]
    (last,) = files.after(RUN_ID, first[-1].name, most=2)
    assert last == RunFile("c", len(f"runs/{RUN_ID}/c"), last.etag)
    assert len(last.etag) == 32


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1"])
def test_a_url_is_signed_with_the_version_valid_in_every_region(region: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """boto3's own choice for us-east-1 is the signature that newer regions refuse."""
    variables = {"DATA_BUCKET": "data-bucket", "AWS_DEFAULT_REGION": region, "AWS_ACCESS_KEY_ID": "AKIATEST"}
    for name, value in {**variables, "AWS_SECRET_ACCESS_KEY": "test"}.items():
        monkeypatch.setenv(name, value)
    wiring.cached_client.cache_clear()
    wiring.run_files.cache_clear()
    query = parse_qs(urlsplit(wiring.run_files().link(RUN_ID, "a.json", seconds=900)).query)
    wiring.cached_client.cache_clear()
    wiring.run_files.cache_clear()
    assert (query["X-Amz-Algorithm"], query["X-Amz-Expires"]) == (["AWS4-HMAC-SHA256"], ["900"])
