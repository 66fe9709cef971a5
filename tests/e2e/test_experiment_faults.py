"""One experiment of six arms whose runs and steps are struck by faults, and one that a spent budget ends.

No child is lost, doubled or left running, and the budget is exceeded by what the running jobs take until the next poll
and until Bedrock has stopped them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from typing import Any

import pytest

from emulator import Emulator, EmulatorOptions
from emulator.faults import Fault
from tests.e2e.experiment_runs import check_nothing_left, ended, start
from tests.e2e.fault_case import (
    CONFLICT,
    CREATE,
    FAULT,
    GET,
    OUTAGE,
    STOP,
    THROUGHPUT,
    WRITE,
    error,
    function,
    refused,
    training,
)
from tests.kit.stack_harness import StackHarness

pytestmark = [pytest.mark.emulator, pytest.mark.slow]

RATES = [1e-5, 2e-5, 3e-5, 4e-5, 5e-5, 6e-5]
PATIENCE_SECONDS = 900.0
STOP_SECONDS = 5.0
"""What the emulated Bedrock takes at most from a stop to Stopped, and a run to note that its job has begun."""

LOST: dict[str, Any] = {"effect": "response_lost"}
RUNS: dict[int, tuple[Fault, ...]] = {
    1: (error(*WRITE, *THROUGHPUT, skip=2), error(*CREATE, *FAULT, **LOST)),
    2: (error(*WRITE, "TransactionCanceledException", 400, details=CONFLICT, skip=1), error(*GET, *OUTAGE, count=2)),
    3: (training("fail", 1),),
    4: (training("stop", 1),),
    5: (error(*CREATE, "ServiceQuotaExceededException", 400, count=2), function("CheckTraining", "crash")),
    6: (error("states", "StartExecution", *OUTAGE, **LOST), function("RecordOutcome", "crash")),
}
"""By arm, what strikes its run."""

STEPS = (
    refused("StartArm", "TooManyRequestsException", 429),
    function("StartArm", "crash"),
    error("lambda", "Invoke", "ServiceException", 500, subject="StartArm", **LOST),
    error("lambda", "Invoke", "ServiceException", 500, subject="CheckExperiment", skip=1, **LOST),
    function("CheckExperiment", "crash", skip=2),
    function("CheckExperiment", "timeout", skip=3),
    error("dynamodb", "PutItem", "ConditionalCheckFailedException", 400, contains="EXPERIMENT#", skip=4),
    error("dynamodb", "PutItem", *THROUGHPUT, contains="EXPERIMENT#", skip=6),
    function("FinishExperiment", "crash"),
    error("lambda", "Invoke", "ServiceException", 500, subject="FinishExperiment", skip=1, **LOST),
)
"""What strikes the steps of the experiment itself."""


@pytest.fixture(scope="module")
def bench() -> Iterator[StackHarness]:
    options = EmulatorOptions(
        speed=600,
        training_seconds=0.5,
        max_steps=2,
        max_rollouts_per_step=32,
        workers_per_function=2,
        concurrent_jobs=6,
    )
    with Emulator.start(options) as aws:
        yield StackHarness(aws, patience=PATIENCE_SECONDS)


@pytest.fixture(autouse=True)
def _no_faults_left(bench: StackHarness) -> Iterator[None]:
    yield
    bench.aws.faults.clear()


def strike(bench: StackHarness, name: str) -> None:
    for rule in STEPS:
        bench.aws.faults.add(rule.model_copy(update={"contains": rule.contains or name}))
    for number, rules in RUNS.items():
        for rule in rules:
            bench.aws.faults.add(rule.model_copy(update={"contains": f"{name}-{number:02d}"}))


def names(bench: StackHarness, name: str) -> list[str]:
    """Of all runs that the ledger has for the experiment of that name."""
    return [run["run_id"] for run in bench.client.runs({}, limit=100)["runs"] if run["run_id"].startswith(name)]


def test_six_arms_under_faults_are_neither_lost_nor_duplicated(bench: StackHarness) -> None:
    strike(bench, "struck")
    experiment_id = start(bench, "struck", RATES, max_parallel=3)
    found = ended(bench, experiment_id, seconds=PATIENCE_SECONDS)
    assert (found["status"], found["failure"]) == ("COMPLETED", None)
    assert [arm["status"] for arm in found["arms"]] == ["completed"] * 2 + ["failed"] * 2 + ["completed"] * 2
    assert {standing["arm"] for standing in found["leaderboard"]["standings"]} == {
        f"rate-{rate:g}" for number, rate in enumerate(RATES, 1) if number not in (3, 4)
    }
    children = [each["run_id"] for each in (*found["preparations"], *found["arms"])]
    assert sorted(names(bench, "struck")) == sorted(children)
    for arm in found["arms"]:
        assert len(bench.jobs(arm["run_id"])) == 1
        ends = [message for message in bench.messages(arm["run_id"]) if "stage" in message]
        assert len(ends) == (arm["status"] == "failed")
    check_nothing_left(bench, experiment_id)
    assert len(bench.aws.faults.injected()) >= 12


def test_a_budget_is_exceeded_by_a_poll_and_the_stop_of_running_jobs_only(bench: StackHarness) -> None:
    budget, parallel = 0.004, 3
    for number in range(1, len(RATES) + 1):
        bench.aws.bedrock.hang(f"bounded-{number:02d}")
    for rule in (error(*STOP, *OUTAGE, count=2), error("states", "StopExecution", *OUTAGE, count=2)):
        bench.aws.faults.add(rule.model_copy(update={"contains": "bounded"}))
    experiment_id = start(bench, "bounded", RATES, max_parallel=parallel, budget={"training_hours": budget})
    found = ended(bench, experiment_id, seconds=PATIENCE_SECONDS)
    assert (found["status"], found["failure"]["error"]) == ("FAILED", "NoArmEvaluated")
    check_nothing_left(bench, experiment_id)
    assert {arm["status"] for arm in found["arms"]} <= {"cancelled", "skipped"}
    jobs = [job for arm in found["arms"] for job in bench.jobs(arm["run_id"])]
    spent = sum((job.ended - job.created).total_seconds() for job in jobs)
    allowed = parallel * (longest_poll(bench, experiment_id) + STOP_SECONDS)
    assert budget * 3600 <= spent <= budget * 3600 + allowed


def longest_poll(bench: StackHarness, experiment_id: str) -> float:
    """Seconds between two polls, of which each logs its end."""
    lines = [json.loads(line) for line in bench.aws.logs("CheckExperiment") if line.startswith("{")]
    polls = [line for line in lines if line.get("message") == "experiment checked"]
    times = [moment(line) for line in polls if line.get("experiment_id") == experiment_id]
    return max((after - before).total_seconds() for before, after in pairwise(times))


def moment(line: dict[str, Any]) -> datetime:
    return datetime.strptime(line["timestamp"], "%Y-%m-%d %H:%M:%S,%f%z")
