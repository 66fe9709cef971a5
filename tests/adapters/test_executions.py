"""Starting executions, on an emulated Step Functions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from rft.adapters.executions import StepFunctionsExecutions
from rft.errors import RetryableQuota, RetryableServiceError, RetryableThrottling, RunConflict
from rft.ports.runs import Execution

RUN = "pandalm-judge-20261120t120000-0a1b2c3d"
PAYLOAD = {"run_id": RUN, "request": {"name": "pandalm-judge", "max_training_hours": 24.0}}
ROLE = "arn:aws:iam::123456789012:role/r"
ARN = f"arn:aws:states:us-east-1:123456789012:execution:TrainModel:{RUN}"
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
def test_aws_errors_are_mapped(code: str, status: int, error: type[Exception]) -> None:
    client = boto3.client("stepfunctions")
    with Stubber(client) as stub:
        stub.add_client_error("start_execution", service_error_code=code, http_status_code=status)
        with pytest.raises(error):
            StepFunctionsExecutions(client, state_machine_arn=MACHINE).start(RUN, PAYLOAD)


class TestEndedExecutions:
    """Once an execution has ended, Step Functions refuses its name even with the same input."""

    def test_an_execution_with_the_same_payload_is_found(self) -> None:
        arn = f"arn:aws:states:us-east-1:123456789012:execution:TrainModel:{RUN}"
        client = boto3.client("stepfunctions")
        with Stubber(client) as stub:
            stub.add_client_error("start_execution", service_error_code="ExecutionAlreadyExists")
            described = {"executionArn": arn, "stateMachineArn": MACHINE, "status": "FAILED", "startDate": 0}
            stub.add_response("describe_execution", {**described, "input": json.dumps(PAYLOAD)}, {"executionArn": arn})
            assert StepFunctionsExecutions(client, state_machine_arn=MACHINE).start(RUN, PAYLOAD) == arn

    def test_an_execution_that_is_not_visible_yet_is_retryable(self) -> None:
        client = boto3.client("stepfunctions")
        with Stubber(client) as stub:
            stub.add_client_error("start_execution", service_error_code="ExecutionAlreadyExists")
            stub.add_client_error("describe_execution", service_error_code="ExecutionDoesNotExist")
            with pytest.raises(RetryableServiceError):
                StepFunctionsExecutions(client, state_machine_arn=MACHINE).start(RUN, PAYLOAD)


def test_an_execution_is_found_with_its_status(executions: StepFunctionsExecutions) -> None:
    assert executions.find(RUN) is None
    executions.start(RUN, PAYLOAD)
    found = executions.find(RUN)
    assert found is not None
    assert found.status in {"RUNNING", "SUCCEEDED"}


@pytest.mark.parametrize(
    ("status", "ended"),
    [
        ("RUNNING", False),
        ("PENDING_REDRIVE", False),
        ("SUCCEEDED", True),
        ("FAILED", True),
        ("TIMED_OUT", True),
        ("ABORTED", True),
    ],
)
def test_every_status_of_step_functions_is_classified(status: str, ended: bool) -> None:
    client = boto3.client("stepfunctions")
    shape: Any = client.meta.service_model.shape_for("ExecutionStatus")
    statuses = shape.enum
    assert status in statuses
    assert len(statuses) == 6
    described = {"executionArn": ARN, "stateMachineArn": MACHINE, "status": status, "startDate": 0}
    with Stubber(client) as stub:
        stub.add_response("describe_execution", {**described, "error": "E", "cause": "C"}, {"executionArn": ARN})
        found = StepFunctionsExecutions(client, state_machine_arn=MACHINE).find(RUN)
    assert found == Execution(status=status, error="E", cause="C")
    assert found.ended is ended


def test_an_execution_is_stopped_with_a_cause_cut_to_the_limit() -> None:
    client = boto3.client("stepfunctions")
    with Stubber(client) as stub:
        parameters = {"executionArn": ARN, "error": "RunCancelled", "cause": "x" * 32_768}
        stub.add_response("stop_execution", {"stopDate": 0}, parameters)
        StepFunctionsExecutions(client, state_machine_arn=MACHINE).stop(RUN, error="RunCancelled", cause="x" * 40_000)
        stub.assert_no_pending_responses()


def test_stopping_an_unknown_execution_does_nothing() -> None:
    client = boto3.client("stepfunctions")
    with Stubber(client) as stub:
        stub.add_client_error("stop_execution", service_error_code="ExecutionDoesNotExist")
        StepFunctionsExecutions(client, state_machine_arn=MACHINE).stop(RUN, error="E", cause="C")


@pytest.mark.parametrize(("status", "fine"), [("ABORTED", True), ("SUCCEEDED", True), ("RUNNING", False)])
def test_a_refusal_to_stop_counts_only_while_the_execution_runs(status: str, fine: bool) -> None:
    client = boto3.client("stepfunctions")
    described = {"executionArn": ARN, "stateMachineArn": MACHINE, "status": status, "startDate": 0}
    with Stubber(client) as stub:
        stub.add_client_error("stop_execution", service_error_code="ValidationException")
        stub.add_response("describe_execution", described, {"executionArn": ARN})
        with nullcontext() if fine else pytest.raises(RetryableServiceError):
            StepFunctionsExecutions(client, state_machine_arn=MACHINE).stop(RUN, error="E", cause="C")


def test_a_waiting_task_continues_with_its_output() -> None:
    client = boto3.client("stepfunctions")
    with Stubber(client) as stub:
        stub.add_response("send_task_success", {}, {"taskToken": "t", "output": '{"approved": true}'})
        assert StepFunctionsExecutions(client, state_machine_arn=MACHINE).send_task_success("t", {"approved": True})


@pytest.mark.parametrize("code", ["InvalidToken", "TaskDoesNotExist", "TaskTimedOut"])
def test_a_task_that_no_longer_waits_is_no_error(code: str) -> None:
    client = boto3.client("stepfunctions")
    with Stubber(client) as stub:
        stub.add_client_error("send_task_success", service_error_code=code)
        assert not StepFunctionsExecutions(client, state_machine_arn=MACHINE).send_task_success("t", {})


@pytest.mark.parametrize(
    ("call", "method"),
    [("describe_execution", "find"), ("stop_execution", "stop"), ("send_task_success", "send_task_success")],
)
def test_throttling_is_retryable_everywhere(call: str, method: str) -> None:
    client = boto3.client("stepfunctions")
    every: dict[str, dict[str, Any]] = {
        "find": {},
        "stop": {"error": "E", "cause": "C"},
        "send_task_success": {"output": {}},
    }
    with Stubber(client) as stub:
        stub.add_client_error(call, service_error_code="ThrottlingException")
        with pytest.raises(RetryableThrottling):
            getattr(StepFunctionsExecutions(client, state_machine_arn=MACHINE), method)(RUN, **every[method])
