"""The handler with its event file, on an emulated S3: from the object that the event names to the files of the run."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from rft import wiring
from rft.adapters.dataset_source import RemoteDatasetSource
from rft.adapters.object_store import S3ObjectStore
from rft.contracts.dataset import Manifest
from rft.contracts.ledger import RunStatus
from rft.contracts.steps import PreparedDataset
from rft.errors import DatasetSizeOutOfBounds
from rft.observability import logger
from rft.settings import StorageSettings
from tests.kit.fakes.clock import FixedClock
from tests.kit.fakes.ledger import MemoryLedger
from tests.kit.lambda_runtime import Context, load_function
from tests.kit.project import read_event
from tests.kit.records import add_run

ROOT = Path(__file__).parents[2]
EVENT: dict[str, Any] = read_event("prepare_dataset")
RUN_ID = EVENT["run_id"]
KEY = EVENT["request"]["dataset"]["uri"].removeprefix("s3://data-bucket/")


def comparison(number: int) -> dict[str, Any]:
    votes = {f"annotator{at}": number % 3 for at in (1, 2, 3)}
    return {"instruction": f"Secret task {number}", "input": "", "response1": "one", "response2": "two", **votes}


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    environment = {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
        "DATA_BUCKET": "data-bucket",
        "TIKTOKEN_CACHE_DIR": str(ROOT / "layers/dependencies/tiktoken_cache"),
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        client = boto3.client("s3")
        client.create_bucket(Bucket="data-bucket")
        settings = StorageSettings.from_environment()
        monkeypatch.setattr(wiring, "object_store", lambda: S3ObjectStore(client, bucket="data-bucket"))
        monkeypatch.setattr(wiring, "dataset_source", lambda: RemoteDatasetSource(client, settings=settings))
        yield client


@pytest.fixture
def ledger(monkeypatch: pytest.MonkeyPatch) -> MemoryLedger:
    ledger = MemoryLedger(FixedClock())
    add_run(ledger, RunStatus.PENDING, run_id=RUN_ID)
    monkeypatch.setattr(wiring, "ledger", lambda: ledger)
    return ledger


def invoke() -> dict[str, Any]:
    answer: dict[str, Any] = load_function("prepare_dataset").handler(EVENT, Context())
    return answer


def test_the_sample_events_run_is_prepared(s3: Any, ledger: MemoryLedger) -> None:
    s3.put_object(Bucket="data-bucket", Key=KEY, Body=json.dumps([comparison(n) for n in range(200)]))
    prepared = PreparedDataset.model_validate(json.loads(json.dumps(invoke())))
    manifest_key = f"runs/{RUN_ID}/dataset/manifest.json"
    assert prepared.manifest_uri == f"s3://data-bucket/{manifest_key}"
    body = s3.get_object(Bucket="data-bucket", Key=manifest_key)["Body"].read()
    assert Manifest.model_validate_json(body).digest == prepared.digest
    assert prepared.hyperparameters.epochCount == 1
    assert ledger.get(RUN_ID).dataset is not None


def test_logs_carry_the_run_and_no_text_of_the_dataset(s3: Any, ledger: MemoryLedger) -> None:
    logged = io.StringIO()
    handler = logging.StreamHandler(logged)
    handler.setFormatter(logger().registered_formatter)
    logger().addHandler(handler)
    s3.put_object(Bucket="data-bucket", Key=KEY, Body=json.dumps([comparison(n) for n in range(200)]))
    try:
        invoke()
    finally:
        logger().handlers.remove(handler)
    assert [json.loads(line)["run_id"] for line in logged.getvalue().splitlines()] == [RUN_ID]
    assert "Secret" not in logged.getvalue()


def test_a_too_small_dataset_fails_by_name_and_leaves_no_files(s3: Any, ledger: MemoryLedger) -> None:
    s3.put_object(Bucket="data-bucket", Key=KEY, Body=json.dumps([comparison(n) for n in range(99)]))
    with pytest.raises(DatasetSizeOutOfBounds, match="min 100 training rows"):
        invoke()
    assert s3.list_objects_v2(Bucket="data-bucket", Prefix="runs/")["KeyCount"] == 0
