from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from rft import wiring
from rft.contracts.ledger import RunStatus
from rft.contracts.steps import StartedJob
from tests.kit.fakes.clock import FixedClock
from tests.kit.fakes.jobs import MemoryJobs
from tests.kit.fakes.ledger import MemoryLedger
from tests.kit.lambda_runtime import Context, load_function
from tests.kit.project import read_event
from tests.kit.records import add_run

EVENT: dict[str, Any] = read_event("start_training")
ROLE = "arn:aws:iam::123456789012:role/bedrock"
CLOCK = FixedClock()


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch) -> MemoryJobs:
    jobs, ledger = MemoryJobs(CLOCK), MemoryLedger(CLOCK)
    monkeypatch.setattr(wiring, "training_jobs", lambda: jobs)
    monkeypatch.setattr(wiring, "ledger", lambda: ledger)
    monkeypatch.setattr(wiring, "job_queue", lambda: ledger)
    monkeypatch.setattr(wiring, "clock", lambda: CLOCK)
    monkeypatch.setenv("BEDROCK_ROLE_ARN", ROLE)
    monkeypatch.setenv("DATA_BUCKET", "data-bucket")
    add_run(ledger, RunStatus.SMOKE_TESTING)
    return jobs


def test_the_sample_event_starts_a_job_with_the_stacks_settings(jobs: MemoryJobs) -> None:
    output = load_function("start_training").handler(EVENT, Context())
    job = jobs.jobs[EVENT["run_id"]]
    assert StartedJob.model_validate(json.loads(json.dumps(output))).job_arn == job.arn
    request = jobs.requests[0]
    assert request["roleArn"] == ROLE
    assert request["outputDataConfig"] == {"s3Uri": f"s3://data-bucket/runs/{EVENT['run_id']}/output/"}
    assert request["customizationConfig"]["rftConfig"]["hyperParameters"]["epochCount"] == 1
    assert "customModelKmsKeyId" not in request


def test_a_model_key_of_the_stack_is_used(jobs: MemoryJobs, monkeypatch: pytest.MonkeyPatch) -> None:
    key = "arn:aws:kms:us-east-1:123456789012:key/1a2b3c4d-1111-2222-3333-444455556666"
    monkeypatch.setenv("MODEL_KMS_KEY_ARN", key)
    load_function("start_training").handler(EVENT, Context())
    assert jobs.requests[0]["customModelKmsKeyId"] == key


def test_a_network_of_the_stack_is_used(jobs: MemoryJobs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VPC_SUBNET_IDS", "subnet-0a1b2c3d,subnet-1a1b2c3d")
    monkeypatch.setenv("VPC_SECURITY_GROUP_IDS", "sg-0a1b2c3d")
    load_function("start_training").handler(EVENT, Context())
    assert jobs.requests[0]["vpcConfig"] == {
        "subnetIds": ["subnet-0a1b2c3d", "subnet-1a1b2c3d"],
        "securityGroupIds": ["sg-0a1b2c3d"],
    }


def test_an_event_without_a_dataset_starts_nothing(jobs: MemoryJobs) -> None:
    with pytest.raises(ValidationError, match="dataset"):
        load_function("start_training").handler({**EVENT, "dataset": None}, Context())
    assert jobs.jobs == {}
