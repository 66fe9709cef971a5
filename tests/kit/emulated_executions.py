"""Starts and reads executions on the emulated Step Functions."""

from __future__ import annotations

import json
from typing import Any

from emulator import Emulator
from tests.kit.waiting import eventually


def start(aws: Emulator, name: str, **given: Any) -> str:
    arn = aws.client("stepfunctions").start_execution(
        stateMachineArn=aws.state_machine_arn, name=name, input=json.dumps(given)
    )["executionArn"]
    return str(arn)


def ended(aws: Emulator, arn: str) -> dict[str, Any]:
    def poll() -> dict[str, Any] | None:
        found: dict[str, Any] = aws.client("stepfunctions").describe_execution(executionArn=arn)
        return found if found["status"] != "RUNNING" else None

    return eventually(poll)
