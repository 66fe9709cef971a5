"""When a run leaves TRAINING after its job has ended: by Bedrock's event, and without it by the next poll."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pytest

from emulator import Emulator, EmulatorOptions
from emulator.faults import Fault
from tests.e2e.fault_runner import await_end
from tests.e2e.stages import SMALL
from tests.kit.stack_harness import ROOT, Ended, StackHarness

pytestmark = pytest.mark.emulator

WAIT = 360
"""Seconds until the first poll, which is the longest wait in a job's first 72 hours."""

MAX_SECONDS = 60
RUNS, AT_ONCE = 100, 8
ROWS = (ROOT / "examples" / "gsm8k" / "questions.jsonl").read_bytes()
GSM8K = {"dataset": {"task": "gsm8k"}, **SMALL}
DROPPED = Fault(service="events", operation="Deliver", contains="Model Customization Job State Change", effect="drop")


@pytest.fixture
def bench(request: pytest.FixtureRequest) -> Iterator[StackHarness]:
    """Unless a test names a speed, at that of the clock: what the event starts is no wait, and takes real time."""
    options = EmulatorOptions(
        speed=getattr(request, "param", 1.0),
        training_seconds=2,
        max_steps=2,
        concurrent_jobs=AT_ONCE,
        parameters={"PollInitialSeconds": str(WAIT)},
    )
    with Emulator.start(options) as aws:
        yield StackHarness(aws)


def seconds_late(bench: StackHarness, ended: Ended) -> float:
    """From the job's end to that of TRAINING."""
    (job,) = bench.jobs(ended.view["run_id"])
    left = next(event["at"] for event in ended.view["timeline"] if event["before"] == "TRAINING")
    assert job.ended is not None
    return float((datetime.fromisoformat(left) - job.ended).total_seconds())


def test_a_run_leaves_training_within_a_minute_of_its_jobs_event(bench: StackHarness) -> None:
    ended = bench.run("event", ROWS, **GSM8K)
    assert ended.status == "COMPLETED"
    assert seconds_late(bench, ended) < MAX_SECONDS
    assert ended.view["job"]["checks"] == 1


@pytest.mark.slow
def test_99_of_100_runs_leave_training_within_a_minute(bench: StackHarness) -> None:
    def run(number: int) -> Ended:
        run_id = bench.start(f"event{number:03}", ROWS, **GSM8K)
        await_end(bench, run_id)
        return bench.wait(run_id)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        runs = list(pool.map(run, range(RUNS)))
    assert {ended.status for ended in runs} == {"COMPLETED"}
    late = [ended.view["run_id"] for ended in runs if seconds_late(bench, ended) >= MAX_SECONDS]
    assert len(late) <= RUNS // 100, late


@pytest.mark.slow
@pytest.mark.parametrize("bench", [10.0], indirect=True)
def test_a_lost_event_delays_the_run_by_one_poll_at_most(bench: StackHarness) -> None:
    bench.aws.faults.add(DROPPED)
    ended = bench.run("lost", ROWS, **GSM8K)
    assert ended.status == "COMPLETED"
    assert ended.view["job"]["checks"] == 1
    assert seconds_polled_late(bench, ended) * bench.aws.options.speed <= WAIT + MAX_SECONDS


def seconds_polled_late(bench: StackHarness, ended: Ended) -> float:
    """From the job's end to the poll that found it."""
    (job,) = bench.jobs(ended.view["run_id"])
    lines = map(_json, bench.aws.logs("CheckTraining"))
    polled = [line["timestamp"] for line in lines if line.get("run_id") == ended.view["run_id"]]
    assert job.ended is not None
    return float((datetime.fromisoformat(polled[-1]) - job.ended).total_seconds())


def _json(line: str) -> dict[str, Any]:
    parsed = json.loads(line)
    return parsed if isinstance(parsed, dict) else {}
