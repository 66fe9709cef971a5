"""Forty runs at once, each with faults drawn by seed: nothing is lost, nothing double, and memory stays bounded."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from emulator import Emulator
from tests.e2e.fault_cases import CASES, Case
from tests.e2e.runs import Bench
from tests.e2e.struck import check, options, struck_runs

pytestmark = [pytest.mark.emulator, pytest.mark.slow]

RUNS = 40
FAULTS_EACH = 3
SEED = 42
MOST_MEGABYTES = 200
"""What the emulator's process may grow by: 5 MB a run, most of which is S3's objects and the executions' histories."""


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with Emulator.start(options(RUNS)) as aws:
        yield Bench(aws)


def test_many_runs_survive_many_faults_together(bench: Bench) -> None:
    cases, before = drawn(), resident()
    seen = struck_runs(bench, cases, at_once=RUNS)
    for name, case in cases.items():
        check(case, seen[name])
    assert sum(it.struck for it in seen.values()) >= 2 * RUNS
    assert len(bench.aws.bedrock.jobs) == len({job.name for job in bench.aws.bedrock.jobs}) == RUNS
    assert bench.aws.messages() == []
    assert resident() - before < MOST_MEGABYTES


def drawn() -> dict[str, Case]:
    """Runs with several of those faults that a run survives."""
    drawing = random.Random(SEED)
    survived = [case for case in CASES if case.ends == "COMPLETED" and not case.upload]
    return {
        f"sk{number:02}": Case(
            "any",
            "several",
            tuple(rule for case in drawing.sample(survived, FAULTS_EACH) for rule in case.rules),
        )
        for number in range(RUNS)
    }


def resident() -> float:
    """Megabytes of memory that this process has; the functions' processes have their own."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
