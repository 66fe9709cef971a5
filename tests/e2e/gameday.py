"""A day of a busy stack: runs that queue for two jobs, faults of every service, and what is left of it at its end."""

from __future__ import annotations

import dataclasses
import itertools
import random
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from emulator import EmulatorOptions
from emulator.bedrock.judge import ModelReply, stand_in_reply
from emulator.http.replies import AwsError
from tests.e2e.fault_case import Case
from tests.e2e.fault_cases import CASES
from tests.e2e.fault_runner import FIELDS, Observed, await_end, check, rows, runs_with_faults
from tests.kit.stack_harness import Ended, StackHarness
from tests.kit.waiting import eventually

JOBS_AT_ONCE, RUNS_AT_ONCE, WAVE = 2, 12, 100
"""The quota, and runs under way: up to ten of them queue. A wave of runs is started as earlier ones of it end."""

JUDGED, ENDED_BY_A_FAULT = 10, 25
"""Each so many-th run has a judge; each so many-th has a fault that no run survives."""

JUDGE_FAILS = 20
"""Each so many-th call of the judge fails: 5 %."""

SEED = 42
CLOCKS = timedelta(seconds=5)
"""Two runs that queue within it have no order: each reads the clock before it writes its place."""

QUIET = {"LogLevel": "WARNING"}
"""What the stack is updated with."""


def options() -> EmulatorOptions:
    return EmulatorOptions(
        speed=600,
        parameters={"PollInitialSeconds": "300"},
        training_seconds=0.3,
        max_steps=2,
        max_rollouts_per_step=32,
        workers_per_function=2,
        concurrent_jobs=JOBS_AT_ONCE,
        schedules=True,
    )


def waves(runs: int) -> Iterator[dict[str, Case]]:
    """The day's runs by name: after `len(survived)` of them each fault that a run survives was there."""
    plain = [case for case in CASES if case.task == "gsm8k" and not case.upload and not case.fields]
    survived = [case for case in plain if case.ends == "COMPLETED"]
    random.Random(SEED).shuffle(survived)
    fatal = itertools.cycle(case for case in plain if case.error in ("TrainingJobFailed", "TrainingJobStopped"))
    for first in range(0, runs, WAVE):
        yield {
            f"gd{number:03}": _case(number, survived[number % len(survived)], fatal)
            for number in range(first, min(first + WAVE, runs))
        }


def _case(number: int, fault: Case, fatal: Iterator[Case]) -> Case:
    if number % JUDGED == 1:
        return Case("any", "judge fails 5 % of calls", (), task="pandalm")
    if number % ENDED_BY_A_FAULT == 0:
        return dataclasses.replace(next(fatal), stage="any")
    return fault


class FailingJudge:
    """The stand-in for a judge; each JUDGE_FAILS-th call is refused."""

    def __init__(self) -> None:
        self.calls = self.failed = 0
        self._lock = threading.Lock()

    def __call__(self, system: str, user: str) -> ModelReply:
        with self._lock:
            self.calls += 1
            fails = self.calls % JUDGE_FAILS == 0
            self.failed += fails
        if fails:
            raise AwsError("ServiceUnavailableException", 503, "the judge is away")
        return stand_in_reply(system, user)


def spend(bench: StackHarness, wave: Mapping[str, Case], *, update: bool) -> dict[str, Observed]:
    """What became of a wave's runs; with `update`, the stack is updated once half of them have a job."""
    before = len(bench.aws.bedrock.jobs)
    with ThreadPoolExecutor(1) as pool:
        updated = pool.submit(_update, bench, before + len(wave) // 2) if update else None
        seen = runs_with_faults(bench, wave, at_once=RUNS_AT_ONCE)
        if updated:
            updated.result()
    return seen


def _update(bench: StackHarness, jobs: int) -> None:
    eventually(lambda: len(bench.aws.bedrock.jobs) >= jobs, "half of the wave to have jobs", seconds=1200, every=0.5)
    bench.aws.update(parameters={**bench.aws.options.parameters, **QUIET})


def measured_run(bench: StackHarness, name: str) -> Ended:
    """A run whose model is deployed and evaluated."""
    fields = {**FIELDS, "evaluation": {"enabled": True}}
    run_id = bench.start(name, rows(name, "gsm8k"), dataset={"task": "gsm8k"}, **fields)
    await_end(bench, run_id)
    return bench.wait(run_id)


def check_wave(bench: StackHarness, wave: Mapping[str, Case], seen: Mapping[str, Observed]) -> None:
    """Each run ended as it must, with one job and one message; jobs were started in the order of the queue."""
    wrong = {}
    for name, case in wave.items():
        try:
            check(case, seen[name])
        except AssertionError:
            wrong[name] = (case.stage, case.fault, seen[name])
    assert not wrong, "\n".join(f"{name}: {found}" for name, found in wrong.items())
    check_order(bench, [job.name for job in bench.aws.bedrock.jobs if job.name.startswith(tuple(wave))])


def check_order(bench: StackHarness, run_ids: Sequence[str]) -> None:
    """`run_ids` in the order of their jobs: none was started before one that had queued for longer."""
    places = [datetime.fromisoformat(bench.client.run(run_id)["queue"]["since"]) for run_id in run_ids]
    latest = itertools.accumulate(places, max)
    overtaken = [run_id for run_id, since, last in zip(run_ids, places, latest, strict=True) if since + CLOCKS < last]
    assert overtaken == []


def check_ledger(bench: StackHarness, count: int) -> None:
    """Nothing is lost, doubled or orphaned."""
    listed = bench.client.runs({}, limit=None)["runs"]
    assert len({run["run_id"] for run in listed}) == len(listed) == count
    names = [job.name for job in bench.aws.bedrock.jobs]
    assert len(set(names)) == len(names)
    assert set(names) <= {run["run_id"] for run in listed}
    assert [job.name for job in bench.aws.bedrock.jobs if job.active] == []
    assert bench.aws.client("bedrock").list_custom_model_deployments()["modelDeploymentSummaries"] == []
    machine = bench.aws.state_machine_arn
    running = bench.aws.client("stepfunctions").list_executions(stateMachineArn=machine, statusFilter="RUNNING")
    assert running["executions"] == []
