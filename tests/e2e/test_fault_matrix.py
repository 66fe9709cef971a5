"""Each fault at each stage where it can strike: the run ends as it must, with max one job, and is announced once.

Leaves its table in build/fault-matrix.txt, which is shown at the end of the tests.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from emulator import Emulator
from tests.e2e.event_log import EventLog, stages_of_runs
from tests.e2e.fault_case import NEVER
from tests.e2e.fault_cases import CASES
from tests.e2e.fault_runner import Observed, check, options, runs_with_faults
from tests.e2e.fault_sample import SAMPLE, in_sample
from tests.kit.reports import FAULT_MATRIX, leave
from tests.kit.stack_harness import StackHarness

pytestmark = pytest.mark.emulator

NAMES = {f"mx{number:03}": case for number, case in enumerate(CASES)}
PARAMETERS = [
    pytest.param(name, id=f"{case.stage}-{case.fault}", marks=[] if in_sample(case) else [pytest.mark.slow])
    for name, case in NAMES.items()
]
LEAST = 120
"""Combinations of a stage and a fault."""


@pytest.fixture(scope="module")
def bench() -> Iterator[StackHarness]:
    with Emulator.start(options(NAMES)) as aws:
        yield StackHarness(aws)


@pytest.fixture(scope="module")
def log(bench: StackHarness) -> EventLog:
    return EventLog(bench)


@pytest.fixture(scope="module")
def matrix(bench: StackHarness, log: EventLog, request: pytest.FixtureRequest) -> dict[str, Observed]:
    """The runs of all cases that were chosen."""
    parameters = [item.callspec.params for item in request.session.items if hasattr(item, "callspec")]
    chosen = {params["name"] for params in parameters if params.get("name") in NAMES}
    seen = runs_with_faults(bench, {name: case for name, case in NAMES.items() if name in chosen})
    leave(FAULT_MATRIX, table(seen))
    return seen


def table(seen: dict[str, Observed]) -> str:
    lines = [f"{'stage':<14} {'fault':<44} {'ends':<10} {'error':<26} jobs told struck"]
    for name, it in seen.items():
        case, counts = NAMES[name], f"{it.jobs:>4} {it.messages:>4} {it.fired:>6}"
        lines.append(f"{case.stage:<14} {case.fault:<44} {it.status:<10} {it.error:<26} {counts}")
    return "\n".join([*lines, ""])


@pytest.mark.parametrize("name", PARAMETERS)
def test_a_run_survives_a_fault_or_ends_as_expected(matrix: dict[str, Observed], name: str) -> None:
    assert matrix[name].fired >= 1, "the fault never struck"
    check(NAMES[name], matrix[name])


@pytest.mark.slow
def test_each_change_of_each_run_is_one_event(bench: StackHarness, log: EventLog, matrix: dict[str, Observed]) -> None:
    stages = stages_of_runs(bench)
    assert len(stages) == sum(it.status != NEVER for it in matrix.values())
    assert log.check(stages) >= sum(map(len, stages.values()))


def test_the_matrix_has_the_minimum_number_of_combinations() -> None:
    assert len({(case.stage, case.fault) for case in CASES}) == len(CASES) >= LEAST


def test_the_default_sample_has_every_stage_and_effect() -> None:
    sample = [case for case in CASES if in_sample(case)]
    assert len(sample) == sum(len(faults) for faults in SAMPLE.values())
    assert {case.stage for case in sample} == {case.stage for case in CASES}
    effects = {rule.effect for case in sample for rule in case.rules}
    assert effects == {rule.effect for case in CASES for rule in case.rules}
