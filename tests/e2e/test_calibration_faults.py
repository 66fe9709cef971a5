"""What may go wrong while the base model is calibrated: the run continues, and says what is not known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from emulator import Emulator, EmulatorOptions
from emulator.faults import Fault
from tests.e2e.fault_case import DENIED, OUTAGE, error, function
from tests.e2e.fault_runner import rows
from tests.kit.stack_harness import StackHarness

pytestmark = [pytest.mark.emulator, pytest.mark.slow]

BASE: dict[str, Any] = {"subject": "us.amazon"}
CONVERSE = ("bedrock", "Converse")
CALIBRATED: dict[str, Any] = {
    "mode": "preflight",
    "smoke_test": {"sample_size": 10},
    "calibration": {"enabled": True, "rows": 20, "samples_per_row": 2},
}


@dataclass(frozen=True)
class Case:
    """The run's status, its calibration's, and a part of the reason of either."""

    rules: tuple[Fault, ...]
    status: str = "COMPLETED"
    calibration: str = "completed"
    reason: str = ""


CASES = {
    "throttled": Case((error(*CONVERSE, "ThrottlingException", 429, count=20, **BASE),)),
    "reply lost": Case((error(*CONVERSE, *OUTAGE, effect="response_lost", count=5, **BASE),)),
    "denied": Case((error(*CONVERSE, *DENIED, count=None, **BASE),), calibration="failed", reason="ModelNotInvocable"),
    "model returns nothing": Case(
        (Fault(service="bedrock", operation="Converse", effect="respond", message="", count=None, **BASE),),
        status="REJECTED",
        reason="never answers",
    ),
    "crash": Case((function("CalibrateBase", "crash"),)),
    "timeout": Case((function("CalibrateBase", "timeout"),)),
    "crash for good": Case((function("CalibrateBase", "crash", count=None),), calibration="failed", reason="exited"),
}


@pytest.fixture(scope="module")
def bench() -> Iterator[StackHarness]:
    with Emulator.start(EmulatorOptions(speed=600)) as aws:
        yield StackHarness(aws, patience=300)


@pytest.mark.parametrize("case", CASES)
def test_a_run_continues_when_calibration_fails(bench: StackHarness, case: str) -> None:
    expected, name = CASES[case], f"calibrated-{list(CASES).index(case)}"
    for rule in expected.rules:
        bench.aws.faults.add(rule.model_copy(update={"contains": name}))
    ended = bench.run(name, rows(name, "pandalm"), **CALIBRATED)
    bench.aws.faults.clear()
    calibration = ended.view["calibration"]

    assert (ended.status, calibration["status"]) == (expected.status, expected.calibration), calibration["reason"]
    assert expected.reason in calibration["reason"]
    assumptions = (ended.view["forecast"] or {"assumptions": []})["assumptions"]
    unknown = any("base model's own answers are unknown" in each for each in assumptions)
    assert unknown is (expected.calibration == "failed")
    assert len(bench.messages(ended.view["run_id"])) == (0 if ended.status == "COMPLETED" else 1)
