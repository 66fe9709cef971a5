"""Each fault at each stage where it can strike: the run ends as it must, with one job at most, and is told of once.

Leaves its table in build/fault-matrix.txt.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from emulator import Emulator
from tests.e2e.fault_cases import CASES
from tests.e2e.runs import ROOT, Bench
from tests.e2e.struck import Seen, check, options, struck_runs

pytestmark = [pytest.mark.emulator, pytest.mark.slow]

TABLE = ROOT / "build" / "fault-matrix.txt"
NAMES = {f"mx{number:03}": case for number, case in enumerate(CASES)}


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with Emulator.start(options(len(CASES))) as aws:
        yield Bench(aws)


@pytest.fixture(scope="module")
def matrix(bench: Bench) -> dict[str, Seen]:
    """All cases' runs."""
    seen = struck_runs(bench, NAMES)
    TABLE.parent.mkdir(exist_ok=True)
    TABLE.write_text(table(seen))
    print("\n" + table(seen))  # noqa: T201 - the table is for people; -s shows it
    return seen


def table(seen: dict[str, Seen]) -> str:
    lines = [f"{'stage':<14} {'fault':<44} {'ends':<10} {'error':<22} jobs told struck"]
    for name, case in NAMES.items():
        it = seen[name]
        told = f"{it.jobs:>4} {it.told:>4} {it.struck:>6}"
        lines.append(f"{case.stage:<14} {case.fault:<44} {it.status:<10} {it.error:<22} {told}")
    return "\n".join([*lines, ""])


@pytest.mark.parametrize("name", NAMES, ids=[f"{case.stage}-{case.fault}" for case in CASES])
def test_a_run_survives_or_ends_as_it_must(matrix: dict[str, Seen], name: str) -> None:
    assert matrix[name].struck >= 1, "the fault never struck"
    check(NAMES[name], matrix[name])


def test_there_are_enough_combinations() -> None:
    assert len({(case.stage, case.fault) for case in CASES}) == len(CASES) >= 60
