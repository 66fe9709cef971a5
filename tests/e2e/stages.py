"""Runs that stop at a stage, so that a fault can be injected there."""

from __future__ import annotations

from typing import Any

from emulator.faults import Fault
from tests.kit.stack_harness import StackHarness
from tests.kit.waiting import eventually

HOLD_SECONDS = 3.0
STAGES = ("PREPARING", "SMOKE_TESTING", "AWAITING_APPROVAL", "STARTING", "TRAINING")
JOB_STAGES = ("STARTING", "TRAINING")
SMALL: dict[str, Any] = {"smoke_test": {"sample_size": 10}}


def paused_at(bench: StackHarness, stage: str, name: str) -> str:
    """A run that has come to `stage` and stays there: for HOLD_SECONDS, or until somebody does something."""
    faults = bench.aws.faults
    match stage:
        case "PREPARING":
            faults.add(_delay("s3", "GetObject", bench.aws.bucket))
        case "SMOKE_TESTING":
            faults.add(_delay("lambda", "Invoke", "GradePandalm"))
        case "STARTING":
            faults.add(_delay("bedrock", "CreateModelCustomizationJob", name))
        case "TRAINING":
            bench.aws.bedrock.hang(name)
    run_id = bench.start(name, **SMALL, require_approval=stage == "AWAITING_APPROVAL")
    wait_for(bench, run_id, stage)
    return run_id


def wait_for(bench: StackHarness, run_id: str, *statuses: str) -> dict[str, Any]:
    """The run, once it has one of these statuses."""
    eventually(lambda: bench.client.run(run_id)["status"] in statuses, f"{run_id} to be {' or '.join(statuses)}")
    return bench.client.run(run_id)


def _delay(service: str, operation: str, subject: str) -> Fault:
    return Fault(service=service, operation=operation, subject=subject, effect="delay", seconds=HOLD_SECONDS)
