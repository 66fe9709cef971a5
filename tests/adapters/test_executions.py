"""Starting executions, on an emulated Step Functions."""

from __future__ import annotations

import json
from collections.abc import Iterator

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from rft.adapters.executions import StepFunctionsExecutions
from rft.errors import RetryableQuota, RetryableServiceError, RetryableThrottling, RunConflict

RUN = "pandalm-judge-20261120t120000-0a1b2c3d"
PAYLOAD = {"run_id": RUN, "request": {"name": "pandalm-judge", "max_training_hours": 24.0}}
ROLE = "arn:aws:iam::123456789012:role/r"
MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:TrainModel"


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")


@pytest.fixture
def executions() -> Iterator[StepFunctionsExecutions]:
    with mock_aws():
        client = boto3.client("stepfunctions")
        definition = json.dumps({"StartAt": "End", "States": {"End": {"Type": "Succeed"}}})
        arn = client.create_state_machine(name="TrainModel", definition=definition, roleArn=ROLE)["stateMachineArn"]
        yield StepFunctionsExecutions(client, state_machine_arn=arn)


def test_the_execution_has_the_runs_name_and_the_payload(executions: StepFunctionsExecutions) -> None:
    arn = executions.start(RUN, PAYLOAD)
    found = boto3.client("stepfunctions").describe_execution(executionArn=arn)
    assert found["name"] == RUN
    assert json.loads(found["input"]) == PAYLOAD


def test_the_same_start_gives_the_same_execution(executions: StepFunctionsExecutions) -> None:
    assert executions.start(RUN, PAYLOAD) == executions.start(RUN, dict(reversed(PAYLOAD.items())))


def test_another_payload_under_the_name_is_a_conflict(executions: StepFunctionsExecutions) -> None:
    executions.start(RUN, PAYLOAD)
    with pytest.raises(RunConflict, match=RUN):
        executions.start(RUN, {**PAYLOAD, "request": {}})


@pytest.mark.parametrize(
    ("code", "status", "error"),
    [
        ("ThrottlingException", 400, RetryableThrottling),
        ("ExecutionLimitExceeded", 400, RetryableQuota),
        ("InternalFailure", 500, RetryableServiceError),
    ],
)
def test_aws_failures_become_ours(code: str, status: int, error: type[Exception]) -> None:
    client = boto3.client("stepfunctions")
    with Stubber(client) as stub:
        stub.add_client_error("start_execution", service_error_code=code, http_status_code=status)
        with pytest.raises(error):
            StepFunctionsExecutions(client, state_machine_arn=MACHINE).start(RUN, PAYLOAD)


class TestEndedExecutions:
    """Once an execution has ended, Step Functions refuses its name even with the same input."""

    def test_with_the_same_payload_it_is_found(self) -> None:
        arn = f"arn:aws:states:us-east-1:123456789012:execution:TrainModel:{RUN}"
        client = boto3.client("stepfunctions")
        with Stubber(client) as stub:
            stub.add_client_error("start_execution", service_error_code="ExecutionAlreadyExists")
            described = {"executionArn": arn, "stateMachineArn": MACHINE, "status": "FAILED", "startDate": 0}
            stub.add_response("describe_execution", {**described, "input": json.dumps(PAYLOAD)}, {"executionArn": arn})
            assert StepFunctionsExecutions(client, state_machine_arn=MACHINE).start(RUN, PAYLOAD) == arn

    def test_one_that_cannot_be_seen_yet_is_asked_for_again_later(self) -> None:
        client = boto3.client("stepfunctions")
        with Stubber(client) as stub:
            stub.add_client_error("start_execution", service_error_code="ExecutionAlreadyExists")
            stub.add_client_error("describe_execution", service_error_code="ExecutionDoesNotExist")
            with pytest.raises(RetryableServiceError):
                StepFunctionsExecutions(client, state_machine_arn=MACHINE).start(RUN, PAYLOAD)
