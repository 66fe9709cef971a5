"""Starts and reads runs on the emulated AWS for benchmarks."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from emulator import Emulator
from emulator.faults import Fault
from rft_cli.views.run_events import TERMINAL
from rft_client.api_client import ApiClient
from tests.kit.stack_harness import NOT_MEASURED
from tests.kit.waiting import eventually

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "examples" / "pandalm" / "comparisons.json"
PATIENCE = 600.0
COUNTED = ("bedrock", "dynamodb", "s3", "sns")


def run(aws: Emulator, name: str, *, records: Path = SAMPLE, sample_size: int = 20) -> str:
    """Run to completion and return the run's id. Raises RuntimeError if it fails, AssertionError if it times out."""
    key = f"datasets/{name}.json"
    aws.client("s3").upload_file(str(records), aws.bucket, key)
    client = ApiClient.signed(aws.api_url, aws.region, aws.credentials)
    dataset = {"task": "pandalm", "uri": f"s3://{aws.bucket}/{key}"}
    request = {"name": name, "dataset": dataset, "smoke_test": {"sample_size": sample_size}, **NOT_MEASURED}
    run_id: str = client.start_run(request)["run_id"]

    def ended() -> dict[str, Any] | None:
        view = client.run(run_id)
        return view if view["status"] in TERMINAL and _execution(aws, run_id) != "RUNNING" else None

    view = eventually(ended, f"{run_id} to end", seconds=PATIENCE, every=0.25)
    if view["status"] != "COMPLETED":
        raise RuntimeError(f"{run_id} ended {view['status']}: {view.get('failure')}")
    return run_id


def until_status(client: ApiClient, *, name: str, status: str) -> str:
    """Wait until a run with this name has the status and return its id. Raises AssertionError on timeout."""
    filters = {"name": name, "status": status}
    found = eventually(
        lambda: client.runs(filters, limit=1)["runs"], f"{name} to be {status}", seconds=PATIENCE, every=0.5
    )
    return str(found[0]["run_id"])


def history(aws: Emulator, run_id: str) -> list[dict[str, Any]]:
    pages = aws.client("stepfunctions").get_paginator("get_execution_history")
    return [event for page in pages.paginate(executionArn=aws.execution_arn(run_id)) for event in page["events"]]


def count_requests(aws: Emulator) -> None:
    """Count requests from now on, by injecting a delay of 0 s into each request to these services."""
    for service in COUNTED:
        aws.faults.add(Fault(service=service, effect="delay", count=None))


def requests(aws: Emulator) -> Counter[str]:
    """Return the number of requests so far, by service."""
    return Counter(fault.service for fault in aws.faults.injected() if fault.effect == "delay")


def _execution(aws: Emulator, run_id: str) -> str:
    status: str = aws.client("stepfunctions").describe_execution(executionArn=aws.execution_arn(run_id))["status"]
    return status
