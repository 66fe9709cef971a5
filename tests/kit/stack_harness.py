"""Complete runs on the emulated AWS, started through the API as by a user."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emulator import Emulator
from rft_cli.views.run_events import TERMINAL
from rft_client.api_client import ApiClient
from rft_client.errors import ApiError
from rft_client.transport import Request
from tests.kit.waiting import PATIENCE_SECONDS, eventually

ROOT = Path(__file__).parents[2]
FUNCTIONS = "arn:aws:lambda:us-east-1:123456789012:function"
"""Prefix of the ARNs of an emulator's functions."""

SAMPLE = ROOT / "examples" / "pandalm" / "comparisons.json"


THROTTLED = 429
UNAVAILABLE = 503
"""Status for requests that exceed API Gateway's integration timeout on a busy machine."""

NOT_MEASURED: dict[str, Any] = {"calibration": {"enabled": False}, "evaluation": {"enabled": False}}


def foreign_graders(*names: str) -> dict[str, str]:
    """Return the parameter that allows runs to use graders with these names, which are deployed later."""
    return {"ForeignGraderArns": ",".join(f"{FUNCTIONS}:grade-{name}" for name in names)}


def access_log(aws: Emulator) -> list[dict[str, Any]]:
    """Return the entries of the API's access log, oldest first."""
    group = f"/aws/vendedlogs/apis/{aws.options.stack_name}"
    pages = aws.client("logs").get_paginator("filter_log_events").paginate(logGroupName=group)
    return [json.loads(event["message"]) for page in pages for event in page["events"]]


@dataclass(frozen=True)
class Ended:
    """An ended run: the API's view of it and the status of its execution."""

    view: dict[str, Any]
    execution: str

    @property
    def status(self) -> str:
        return str(self.view["status"])

    @property
    def stages(self) -> list[str]:
        return [event["after"] for event in self.view["timeline"]]


@dataclass(frozen=True)
class PatientClient(ApiClient):
    """Retries requests that are throttled or timed out: tests send more requests than users, on busy machines."""

    def _call(self, request: Request) -> dict[str, Any]:
        def answer() -> tuple[dict[str, Any]] | None:
            try:
                return (super(PatientClient, self)._call(request),)
            except ApiError as error:
                late = error.status == UNAVAILABLE and request.method == "GET"
                if error.status != THROTTLED and not late:
                    raise
                return None

        return eventually(answer, f"{request.method} {request.path} to be admitted")[0]


@dataclass(frozen=True)
class StackHarness:
    """An emulated AWS and its API. `patience` is the timeout for a run in seconds."""

    aws: Emulator
    patience: float = PATIENCE_SECONDS

    @property
    def client(self) -> ApiClient:
        return PatientClient.signed(self.aws.api_url, self.aws.region, self.aws.credentials)

    def put(self, key: str, body: bytes) -> str:
        self.aws.client("s3").put_object(Bucket=self.aws.bucket, Key=key, Body=body)
        return f"s3://{self.aws.bucket}/{key}"

    def read(self, uri: str) -> bytes:
        bucket, key = uri.removeprefix("s3://").split("/", 1)
        body: bytes = self.aws.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
        return body

    def rows(self, run_id: str, split: str) -> list[dict[str, Any]]:
        manifest = json.loads(self.read(f"s3://{self.aws.bucket}/runs/{run_id}/dataset/manifest.json"))
        return [json.loads(line) for line in self.read(manifest["files"][split]["uri"]).splitlines()]

    def start(self, name: str, body: bytes | None = None, **fields: Any) -> str:
        """Upload a dataset and start a run with it; `dataset` in `fields` is merged with its location.

        Calibration and evaluation are off unless set in `fields`, because they take seconds and have separate tests.
        """
        uri = self.put(f"datasets/{name}.json", SAMPLE.read_bytes() if body is None else body)
        dataset = {"task": "pandalm", "uri": uri, **fields.pop("dataset", {})}
        run_id: str = self.client.start_run({"name": name, "dataset": dataset, **NOT_MEASURED, **fields})["run_id"]
        return run_id

    def run(self, name: str, body: bytes | None = None, **fields: Any) -> Ended:
        """Start a run and wait until it has ended."""
        return self.wait(self.start(name, body, **fields))

    def wait(self, run_id: str) -> Ended:
        """Wait until a run's execution and record have ended."""
        arn = self.aws.execution_arn(run_id)
        eventually(lambda: self._execution(arn) != "RUNNING", f"{run_id} to end", seconds=self.patience)
        eventually(lambda: self.client.run(run_id)["status"] in TERMINAL, f"{run_id} to be recorded")
        return Ended(self.client.run(run_id), self._execution(arn))

    def cancel(self, run_id: str, *, seconds: float = PATIENCE_SECONDS) -> dict[str, Any]:
        """Cancel a run and return the API's response; retries on 503, while the reconciliation holds the run."""

        def answer() -> dict[str, Any] | None:
            try:
                return self.client.cancel(run_id)
            except ApiError as error:
                if error.status != 503:
                    raise
                return None

        return eventually(answer, f"{run_id} to be cancelled", seconds=seconds)

    def jobs(self, run_id: str) -> list[Any]:
        """Return the run's jobs on the emulated Bedrock."""
        return [job for job in self.aws.bedrock.jobs if job.name.startswith(run_id)]

    def messages(self, run_id: str) -> list[Mapping[str, Any]]:
        """Return the messages published about the run."""
        return [m["message"] for m in self.aws.messages() if m["message"].get("run_id") == run_id]

    def _execution(self, arn: str) -> str:
        status: str = self.aws.client("stepfunctions").describe_execution(executionArn=arn)["status"]
        return status
