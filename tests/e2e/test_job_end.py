"""When a run leaves TRAINING after its job has ended: by Bedrock's event, and without it by the next poll."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from emulator import Emulator, EmulatorOptions
from emulator.faults import Fault
from tests.e2e.stages import SMALL
from tests.kit.stack_harness import ROOT, StackHarness

pytestmark = pytest.mark.emulator

SPEED = 10.0
"""A wait of 360 s takes 36 s of these tests."""

WAIT = 360
ROWS = (ROOT / "examples" / "gsm8k" / "questions.jsonl").read_bytes()
GSM8K = {"dataset": {"task": "gsm8k"}, **SMALL}
DROPPED = Fault(service="events", operation="Deliver", contains="Model Customization Job State Change", effect="drop")


@pytest.fixture(scope="module")
def bench() -> Iterator[StackHarness]:
    options = EmulatorOptions(
        speed=SPEED, training_seconds=2, max_steps=2, parameters={"PollInitialSeconds": str(WAIT)}
    )
    with Emulator.start(options) as aws:
        yield StackHarness(aws)


def seconds_late(bench: StackHarness, run_id: str) -> float:
    """Emulated seconds from the job's end to the poll that found it."""
    (job,) = bench.jobs(run_id)
    polled = [line for line in map(_json, bench.aws.logs("CheckTraining")) if line.get("run_id") == run_id]
    found = datetime.fromisoformat(polled[-1]["timestamp"])
    assert job.ended is not None
    return float((found - job.ended).total_seconds() * SPEED)


def _json(line: str) -> dict[str, Any]:
    parsed = json.loads(line)
    return parsed if isinstance(parsed, dict) else {}


def test_the_event_of_a_jobs_end_is_noticed_long_before_the_next_poll(bench: StackHarness) -> None:
    ended = bench.run("event", ROWS, **GSM8K)
    assert ended.status == "COMPLETED"
    assert seconds_late(bench, ended.view["run_id"]) < WAIT / 2
    assert ended.view["job"]["checks"] == 1


@pytest.mark.slow
def test_a_lost_event_costs_the_rest_of_one_wait(bench: StackHarness) -> None:
    bench.aws.faults.add(DROPPED)
    ended = bench.run("lost", ROWS, **GSM8K)
    bench.aws.faults.clear()
    assert ended.status == "COMPLETED"
    assert seconds_late(bench, ended.view["run_id"]) <= WAIT + 60
