"""A stack that is deleted while a paid job trains: what stays, and what becomes of the job."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from emulator import Emulator, EmulatorOptions
from rft.adapters.dynamodb.ledger_items import record_key
from tests.kit.stack_harness import StackHarness
from tests.kit.waiting import eventually

pytestmark = pytest.mark.emulator


@pytest.fixture
def bench() -> Iterator[StackHarness]:
    with Emulator.start(EmulatorOptions(speed=600, training_seconds=60, max_steps=8)) as aws:
        yield StackHarness(aws)


def deleted(aws: Emulator) -> str:
    """The stack's status after its deletion."""
    cloudformation = aws.client("cloudformation")
    cloudformation.delete_stack(StackName=aws.stack.stack_id)
    return str(cloudformation.describe_stacks(StackName=aws.stack.stack_id)["Stacks"][0]["StackStatus"])


@pytest.mark.slow
def test_data_outlives_the_stack_and_the_job_fails_for_want_of_its_grader(bench: StackHarness) -> None:
    run_id, table = bench.start("orphaned"), bench.aws.stack.physical_ids["Ledger"]
    eventually(lambda: bench.client.run(run_id)["status"] == "TRAINING", f"{run_id} to train")
    assert deleted(bench.aws) == "DELETE_COMPLETE"
    bedrock = bench.aws.client("bedrock")

    def status() -> Any:
        return bedrock.get_model_customization_job(jobIdentifier=run_id)["status"]

    eventually(lambda: status() not in ("InProgress", "Stopping"), f"{run_id}'s job to end")
    assert status() == "Failed"
    item = bench.aws.client("dynamodb").get_item(TableName=table, Key=record_key(run_id), ConsistentRead=True)["Item"]
    assert item["status"]["S"] == "TRAINING"
    assert bench.read(f"s3://{bench.aws.bucket}/runs/{run_id}/dataset/manifest.json")
