"""Step Functions features that the project's state machine uses."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from emulator import Emulator
from tests.kit.emulated_executions import ended, start
from tests.kit.waiting import eventually

pytestmark = pytest.mark.emulator


def test_results_are_assigned_and_waits_are_shortened(aws: Emulator) -> None:
    before = time.monotonic()
    found = ended(aws, start(aws, "happy", payload={"do": "echo"}))
    assert found["status"] == "SUCCEEDED", found
    assert json.loads(found["output"])["said"]["event"] == {"do": "echo"}
    assert time.monotonic() - before < 55  # the Wait is 60 s


def test_an_error_is_caught_by_its_class_name_with_its_cause_in_full(aws: Emulator) -> None:
    cause = 'he said "no" \\ and\nleft 100%'
    found = ended(aws, start(aws, "caught", payload={"do": "raise", "message": cause}))
    assert (found["status"], found["error"]) == ("FAILED", "ValueError")
    assert json.loads(found["cause"])["errorMessage"] == cause


def test_a_named_error_is_retried(aws: Emulator) -> None:
    found = ended(aws, start(aws, "retried", payload={"do": "flaky", "key": "retried", "times": 2}))
    assert (found["status"], json.loads(found["output"])) == ("SUCCEEDED", {"said": 3})


def test_retries_stop_at_max_attempts(aws: Emulator) -> None:
    found = ended(aws, start(aws, "gave-up", payload={"do": "flaky", "key": "gave-up", "times": 9}))
    assert (found["status"], found["error"]) == ("FAILED", "RetryableTrouble")
    assert "on two lines" in found["cause"]


def test_a_function_that_times_out_has_lambdas_error_name(aws: Emulator) -> None:
    aws.faults.time_out("Probe")
    found = ended(aws, start(aws, "function-timeout", payload={"do": "echo"}))
    assert found["error"] == "Sandbox.Timedout"


def test_a_task_beyond_its_timeout_is_states_timeout(aws: Emulator, tmp_path: Any) -> None:
    (tmp_path / "app.py").write_text("import time\ndef handler(event, context):\n    time.sleep(30)\n")
    slow = aws.add_function("slow", tmp_path)
    definition = {
        "QueryLanguage": "JSONata",
        "StartAt": "Call",
        "States": {
            "Call": {
                "Type": "Task",
                "Resource": "arn:aws:states:::lambda:invoke",
                "Arguments": {"FunctionName": slow},
                "TimeoutSeconds": 1,
                "Catch": [{"ErrorEquals": ["States.Timeout"], "Next": "Late"}],
                "End": True,
            },
            "Late": {"Type": "Fail", "Error": "{% $states.input.Error %}", "Cause": "late"},
        },
    }
    machines = aws.client("stepfunctions")
    role = machines.describe_state_machine(stateMachineArn=aws.state_machine_arn)["roleArn"]
    arn = machines.create_state_machine(name="late", definition=json.dumps(definition), roleArn=role)["stateMachineArn"]
    execution = machines.start_execution(stateMachineArn=arn, name="late", input="{}")["executionArn"]
    assert ended(aws, execution)["error"] == "States.Timeout"


def test_an_undefined_result_is_a_query_evaluation_error(aws: Emulator) -> None:
    found = ended(aws, start(aws, "undefined", payload={"do": "echo"}, undefined=True))
    assert (found["status"], found["error"]) == ("FAILED", "States.QueryEvaluationError")


def test_a_task_waits_for_its_token(aws: Emulator) -> None:
    arn = start(aws, "token", payload={"do": "echo"}, ask=True)
    token = eventually(lambda: _token(aws, arn))
    aws.client("stepfunctions").send_task_success(taskToken=token, output='{"approved": true}')
    assert json.loads(ended(aws, arn)["output"]) == {"approved": True}


def test_an_execution_can_be_stopped_while_it_waits(aws: Emulator) -> None:
    arn = start(aws, "stopped", payload={"do": "echo"}, ask=True)
    eventually(lambda: _token(aws, arn))
    aws.client("stepfunctions").stop_execution(executionArn=arn, error="Console", cause="by hand")
    assert ended(aws, arn)["status"] == "ABORTED"


def test_a_repeated_start_returns_the_same_execution(aws: Emulator) -> None:
    first = start(aws, "twice", payload={"do": "echo"})
    assert start(aws, "twice", payload={"do": "echo"}) == first
    with pytest.raises(aws.client("stepfunctions").exceptions.ExecutionAlreadyExists):
        start(aws, "twice", payload={"do": "other"})


def _token(aws: Emulator, arn: str) -> str | None:
    events = aws.client("stepfunctions").get_execution_history(executionArn=arn)["events"]
    for event in events:
        if event["type"] == "TaskScheduled":
            payload = json.loads(event["taskScheduledEventDetails"]["parameters"])["Payload"]
            if "token" in payload and any(e["type"] == "TaskSubmitted" for e in events):
                return str(payload["token"])
    return None
