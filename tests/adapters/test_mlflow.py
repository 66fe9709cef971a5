"""Runs at MLflow: by the API in memory, and by the real server where `make mlflow` has installed it."""

from __future__ import annotations

import json
import secrets
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
import urllib3
from botocore.credentials import Credentials
from moto import mock_aws

from emulator.http.signature import SignedRequest, is_authentic
from rft.adapters.mlflow.tracker import MlflowTracker
from rft.adapters.mlflow.transport import MlflowTransport
from rft.contracts.outbound.tracked_run import TrackedMetric, TrackedRun
from rft.errors import RetryableServiceError, RetryableThrottling, TrackingRefused
from rft.runs.tracking_address import TrackingAddress, tracking_address
from tests.kit.mlflow_server import API, ARTIFACTS, MemoryMlflow, ReceivedRequest, real_server, served
from tests.kit.project import ROOT

PYTHON = ROOT / ".venv-mlflow/bin/python"
ARN = "arn:aws:sagemaker:us-east-1:123456789012:mlflow-tracking-server/team"
FILES = {"report.html": b"<p>report</p>", "report.json": b"{}"}
RUN = TrackedRun(
    run_id="pandalm-judge-20261120t145314-c6fb6964",
    experiment="rft/pandalm-judge",
    status="FINISHED",
    started_at=datetime(2026, 11, 20, 14, 53, 14, tzinfo=UTC),
    ended_at=datetime(2026, 11, 21, 9, 12, 44, tzinfo=UTC),
    parameters={"task": "pandalm", "learningRate": "5e-05", "rows/train": "799"},
    tags={"team": "search", "rft.status": "COMPLETED"},
    metrics=(
        *(TrackedMetric(key="training/reward", value=0.1 * step, step=step) for step in (1, 2, 3)),
        TrackedMetric(key="evaluation/difference", value=0.38),
    ),
)


class Secrets:
    def __init__(self, text: str = "") -> None:
        self.text = text

    def get_secret_value(self, *, SecretId: str) -> dict[str, str]:  # noqa: N803
        assert SecretId == "arn:secret"
        return {"SecretString": self.text}


@pytest.fixture
def memory() -> MemoryMlflow:
    return MemoryMlflow()


@pytest.fixture
def memory_address(memory: MemoryMlflow) -> Iterator[str]:
    with served(memory) as address:
        yield address


@pytest.fixture(scope="module", params=["memory", pytest.param("real", marks=pytest.mark.slow)])
def address(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if request.param == "memory":
        with served(MemoryMlflow()) as found:
            yield found
        return
    if not PYTHON.exists():
        pytest.skip("`make mlflow` installs the server")
    with real_server(PYTHON, tmp_path_factory.mktemp("mlflow"), _free_port()) as found:
        yield found


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def another(**parts: Any) -> TrackedRun:
    """RUN under an id of its own: the servers of a module are shared."""
    return RUN.model_copy(update={"run_id": f"pandalm-judge-20261120t145314-{secrets.token_hex(4)}", **parts})


def tracker(uri: str, secret: str = "", **settings: Any) -> MlflowTracker:
    arn = "arn:secret" if secret else ""
    transport = MlflowTransport(uri, secrets=Secrets(secret), secret_arn=arn, **settings)
    return MlflowTracker(transport, None)


def fetched(address: str, path: str, **query: str) -> Any:
    reply = urllib3.request("GET", f"{address}{path}", fields=query)
    assert reply.status == 200, reply.data
    return reply.data


def run_at(address: str, run_id: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(fetched(address, f"{API}runs/get", run_id=run_id))["run"]
    return found


def pairs(run: dict[str, Any], part: str) -> dict[str, str]:
    return {pair["key"]: pair["value"] for pair in run["data"][part]}


def history(address: str, run_id: str, key: str) -> list[tuple[int, float]]:
    found = json.loads(fetched(address, f"{API}metrics/get-history", run_id=run_id, metric_key=key))["metrics"]
    return [(int(value.get("step", 0)), value["value"]) for value in found]


# ---- a run ----------------------------------------------------------------------------------------------------------


def test_a_run_has_parameters_tags_metrics_by_step_and_its_report(address: str) -> None:
    ended = another()
    run_id = tracker(address).track(ended, FILES)
    run = run_at(address, run_id)
    assert (run["info"]["run_name"], run["info"]["status"]) == (ended.run_id, "FINISHED")
    assert int(run["info"]["end_time"]) - int(run["info"]["start_time"]) == 65_970_000
    assert pairs(run, "params") == RUN.parameters
    assert pairs(run, "tags").items() >= RUN.tags.items()
    assert history(address, run_id, "training/reward") == [(1, 0.1), (2, 0.2), (3, pytest.approx(0.3))]
    place = run["info"]["artifact_uri"].removeprefix("mlflow-artifacts:/")
    assert fetched(address, f"{ARTIFACTS}{place}/report.html") == FILES["report.html"]


def test_a_repeat_writes_the_same_run_and_no_value_twice(address: str) -> None:
    ended = another()
    first = tracker(address).track(ended, FILES)
    assert tracker(address).track(ended, FILES) == first
    assert len(history(address, first, "training/reward")) == 3
    assert tracker(address).track(another(), {}) != first


def test_values_beyond_one_requests_limit_are_sent_in_several(address: str) -> None:
    many = another(
        metrics=tuple(TrackedMetric(key="training/reward", value=0.5, step=step) for step in range(1, 1502)),
        parameters={f"p{n}": "1" for n in range(101)},
        tags={f"t{n}": "1" for n in range(101)},
    )
    run_id = tracker(address).track(many, {})
    run = run_at(address, run_id)
    assert len(history(address, run_id, "training/reward")) == 1501
    assert pairs(run, "params") == many.parameters
    assert pairs(run, "tags").items() >= many.tags.items()


# ---- artefacts in S3 ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bucket", ["runs-bucket", "another"])
def test_artifacts_are_stored_in_the_servers_bucket_if_configured(bucket: str) -> None:
    memory = MemoryMlflow(artifact_root="s3://runs-bucket/mlflow/")
    with served(memory) as address, mock_aws():
        s3 = boto3.client("s3", region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")
        s3.create_bucket(Bucket="runs-bucket")
        transport = MlflowTransport(address, secrets=Secrets())
        run_id = MlflowTracker(transport, s3, artifact_bucket=bucket).track(RUN, FILES)
        keys = [item["Key"] for item in s3.list_objects_v2(Bucket="runs-bucket").get("Contents", [])]
    sent = [f"mlflow/1/{run_id}/artifacts/{name}" for name in FILES]
    assert keys == (sent if bucket == "runs-bucket" else [])
    assert memory.runs[run_id]["info"]["status"] == "FINISHED"


# ---- who asks, and whom ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("secret", "header"),
    [
        ("", None),
        ("token-1\n", "Bearer token-1"),
        ('{"username": "rft", "password": "p"}', "Basic cmZ0OnA="),
    ],
)
def test_the_secret_authorises_every_request(
    memory: MemoryMlflow, memory_address: str, secret: str, header: str | None
) -> None:
    tracker(memory_address, secret).track(RUN, FILES)
    assert {request.headers.get("Authorization") for request in memory.requests} == {header}


def test_a_malformed_secret_is_refused_before_anything_is_sent(memory: MemoryMlflow, memory_address: str) -> None:
    with pytest.raises(TrackingRefused, match="username and password"):
        tracker(memory_address, '{"user": "rft"}').track(RUN, FILES)
    assert memory.requests == []


def test_requests_to_sagemakers_server_are_signed_and_name_it(memory: MemoryMlflow, memory_address: str) -> None:
    local = tracking_address(memory_address)
    opened: list[TrackingAddress] = []

    def open_pool(address: TrackingAddress, _ip: str) -> urllib3.HTTPConnectionPool:
        opened.append(address)
        return urllib3.HTTPConnectionPool(local.host, local.port)

    keys = Credentials("AKIDEXAMPLE", "secret", "session")
    tracker(ARN, credentials=lambda: keys, resolve=lambda _: ["93.184.215.14"], open_pool=open_pool).track(RUN, FILES)
    assert {(address.scheme, address.host) for address in opened} == {("https", "us-east-1.experiments.sagemaker.aws")}
    assert {request.headers["x-mlflow-sm-tracking-server-arn"] for request in memory.requests} == {ARN}
    assert all(is_signed(request, keys) for request in memory.requests)
    assert not any(is_signed(request, Credentials("AKIDEXAMPLE", "other", "session")) for request in memory.requests)


def is_signed(request: ReceivedRequest, keys: Credentials) -> bool:
    """Whether the signature holds for all that was received: method, host, path with query, body and signed headers."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    assert "x-mlflow-sm-tracking-server-arn" in headers["authorization"], "the server's name is signed"
    received = SignedRequest(request.method, f"https://{headers['host']}{request.target}", headers, request.body)
    return is_authentic(received, keys, service="sagemaker-mlflow", region="us-east-1", now=datetime.now(UTC))


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (429, RetryableThrottling),
        (500, RetryableServiceError),
        (503, RetryableServiceError),
        (302, TrackingRefused),
        (400, TrackingRefused),
        (401, TrackingRefused),
        (403, TrackingRefused),
    ],
)
def test_a_refusal_or_fault_of_the_server_is_mapped(
    memory: MemoryMlflow, memory_address: str, status: int, error: type[Exception]
) -> None:
    memory.fault = status
    with pytest.raises(error, match=f"127.0.0.1 answered {status}"):
        tracker(memory_address).track(RUN, FILES)
    assert len(memory.requests) == 1, "neither a redirect nor a repeat"


def test_an_unreachable_server_is_retryable() -> None:
    nowhere = f"http://127.0.0.1:{_free_port()}"
    with pytest.raises(RetryableServiceError, match="could not be reached"):
        MlflowTracker(MlflowTransport(nowhere, secrets=Secrets()), None).track(RUN, {})


@pytest.mark.parametrize(
    ("uri", "ip", "why"),
    [
        ("https://mlflow.example.org", "169.254.169.254", "no server has"),
        ("https://mlflow.example.org", "fe80::1", "no server has"),
        ("http://mlflow.example.org", "93.184.215.14", "must be https"),
    ],
)
def test_an_invalid_server_address_gets_no_request(uri: str, ip: str, why: str) -> None:
    with pytest.raises(TrackingRefused, match=why):
        tracker(uri, "token", resolve=lambda _: [ip]).track(RUN, FILES)


def test_a_server_that_is_not_mlflow_is_detected() -> None:
    class Page(MemoryMlflow):
        def answer(self, method: str, target: str, body: bytes) -> tuple[int, Any]:
            return 200, b"<html>"

    with served(Page()) as address, pytest.raises(TrackingRefused, match="does not answer as MLflow does"):
        tracker(address).track(RUN, FILES)
