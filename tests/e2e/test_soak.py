"""Many runs at once, each with faults drawn by seed: nothing is lost, nothing double, and memory stays bounded."""

from __future__ import annotations

import dataclasses
import os
import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from emulator import Emulator
from tests.e2e.fault_case import Case
from tests.e2e.fault_cases import CASES
from tests.e2e.fault_runner import check, options, runs_with_faults
from tests.kit.reports import SOAK, leave
from tests.kit.stack_harness import StackHarness

pytestmark = pytest.mark.emulator

FAULTS_EACH = 3
FAILING = 4
"""Every n-th run has an additional fault that no run survives."""

SEED = 42
MAX_MEGABYTES = 200
"""What the emulator's process may grow by: 5 MB a run, most of which is S3's objects and the executions' histories."""

MAX_SECONDS = 90
"""Two cores take about 60, with other work on them."""


@pytest.fixture(params=[8, pytest.param(40, marks=pytest.mark.slow)])
def cases(request: pytest.FixtureRequest) -> dict[str, Case]:
    return drawn(request.param)


@pytest.fixture
def bench(cases: dict[str, Case]) -> Iterator[StackHarness]:
    with Emulator.start(options(cases)) as aws:
        yield StackHarness(aws)


def test_many_runs_survive_many_faults_together(bench: StackHarness, cases: dict[str, Case]) -> None:
    before, started, runs = resident(), time.monotonic(), len(cases)
    seen = runs_with_faults(bench, cases, at_once=runs)
    seconds, megabytes = time.monotonic() - started, resident() - before
    fired = sum(it.fired for it in seen.values())
    leave(SOAK, f"{runs} runs at once, {fired} faults fired: {seconds:.0f} s, {megabytes:.0f} MB more\n")
    for name, case in cases.items():
        check(case, seen[name])
    assert fired >= 2 * runs
    assert len(bench.aws.bedrock.jobs) == len({job.name for job in bench.aws.bedrock.jobs}) == runs
    assert len(bench.aws.messages()) == runs // FAILING
    assert megabytes < MAX_MEGABYTES
    assert seconds < MAX_SECONDS


def drawn(runs: int) -> dict[str, Case]:
    """Runs with several of those faults that a run survives, and some with one that ends it in training."""
    drawing = random.Random(SEED)
    plain = [case for case in CASES if case.task == "gsm8k" and not case.upload and not case.fields]
    survived = [case for case in plain if case.ends == "COMPLETED" and not more_than_a_grader_may_fail(case)]
    fatal = [case for case in plain if case.error in ("TrainingJobFailed", "TrainingJobStopped")]
    return {
        f"sk{number:02}": together(
            drawing.sample(survived, FAULTS_EACH), drawing.choice(fatal) if number % FAILING == 0 else survived[0]
        )
        for number in range(runs)
    }


def together(cases: list[Case], last: Case) -> Case:
    """A case that ends as `last` does, with the faults of all."""
    rules = (*(rule for case in cases for rule in case.rules), *last.rules)
    return dataclasses.replace(last, stage="any", fault="several", rules=rules)


def more_than_a_grader_may_fail(case: Case) -> bool:
    """Bedrock calls a grader four times in all, so two such faults together may end a job."""
    return any(rule.after and rule.count != 1 for rule in case.rules)


def resident() -> float:
    """Megabytes of memory that this process has; the functions' processes have their own."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
