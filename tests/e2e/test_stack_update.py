"""A stack that is updated, with new code and new parameters, while runs are in every stage."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from emulator import Emulator, EmulatorOptions
from emulator.faults import Fault
from tests.kit.project import ROOT
from tests.kit.stack_harness import Ended, StackHarness
from tests.kit.waiting import eventually

pytestmark = pytest.mark.emulator

PAUSE_SECONDS = 300.0
"""longest time that a run is paused in a stage: until the faults are cleared."""
NEW_LAYER = "\nprint('second edition', flush=True)  # noqa: T201\n"
SMALL: dict[str, Any] = {
    "smoke_test": {"sample_size": 10},
    "hyperparameters": {"batchSize": 16, "trainingSamplePerPrompt": 2},
    "dataset": {"split": {"train": 0.55, "validation": 0.1, "test": 0.35}},
}


@dataclass(frozen=True)
class Stage:
    """A status, the function whose call pauses a run there, and what its request needs to get there."""

    status: str
    paused_at: str
    fields: tuple[tuple[str, Any], ...] = ()


STAGES = (
    Stage("PREPARING", "SmokeTestGrader"),
    Stage("SMOKE_TESTING", "ForecastRun"),
    Stage("CALIBRATING", "ForecastRun", (("calibration", {"rows": 20, "samples_per_row": 2}),)),
    Stage("AWAITING_APPROVAL", "", (("require_approval", True),)),
    Stage("TRAINING", "CheckTraining"),
    Stage("EVALUATING", "EvaluateModel", (("evaluation", {"enabled": True}),)),
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of what is deployed, to change."""
    for name in ("template.yaml", "statemachine", "functions", "layers"):
        source, target = ROOT / name, tmp_path / name
        shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)
    return tmp_path


@pytest.fixture
def bench(project: Path) -> Iterator[StackHarness]:
    options = EmulatorOptions(
        template=project / "template.yaml", speed=600, training_seconds=1, max_steps=3, concurrent_jobs=40
    )
    with Emulator.start(options) as aws:
        yield StackHarness(aws)


def paused_run(bench: StackHarness, name: str, stage: Stage) -> str:
    """A run that stays in a stage, by its id."""
    if stage.paused_at:
        pause = Fault(service="lambda", operation="Invoke", subject=stage.paused_at, contains=name, effect="delay")
        bench.aws.faults.add(pause.model_copy(update={"seconds": PAUSE_SECONDS}))
    return bench.start(name, **{**SMALL, **dict(stage.fields)})


def update(bench: StackHarness, project: Path) -> None:
    """A new layer, new code of a function and a new parameter."""
    for path in ("layers/rft/rft/observability.py", "functions/record_outcome/app.py"):
        (project / path).write_text((project / path).read_text() + NEW_LAYER)
    bench.aws.update(parameters={"LogLevel": "DEBUG"})


def check_update(bench: StackHarness, project: Path, count: int) -> None:
    """Pause `count` runs in stages, update, let them go: all complete, with one job each."""
    runs = {
        paused_run(bench, f"paused-{at:02}", STAGES[at % len(STAGES)]): STAGES[at % len(STAGES)] for at in range(count)
    }
    for run_id, stage in runs.items():
        eventually(lambda r=run_id, s=stage: status(bench, r) == s.status, f"{run_id} to be {stage.status}")  # type: ignore[misc]
    update(bench, project)
    assert Counter(status(bench, run_id) for run_id in runs) == Counter(stage.status for stage in runs.values())
    bench.aws.faults.clear()
    for run_id, stage in runs.items():
        if stage.status == "AWAITING_APPROVAL":
            bench.client.approve(run_id, approved=True, by="Ada", comment="")
    ended = [bench.wait(run_id) for run_id in runs]
    assert {(each.status, each.execution) for each in ended} == {("COMPLETED", "SUCCEEDED")}
    assert {len(bench.jobs(run_id)) for run_id in runs} == {1}


def status(bench: StackHarness, run_id: str) -> str:
    return str(bench.client.run(run_id)["status"])


def grader_version(bench: StackHarness, ended: Ended) -> int:
    report = json.loads(bench.read(ended.view["smoke_test"]["report_uri"]))
    return int(report["grader_arn"].rsplit(":", 1)[-1])


@pytest.mark.slow
def test_runs_in_flight_end_correctly_and_new_ones_use_the_new_code(bench: StackHarness, project: Path) -> None:
    before = bench.run("before", mode="preflight", **SMALL)
    check_update(bench, project, 3)
    after = bench.run("after", mode="preflight", **SMALL)
    assert after.status == "COMPLETED"
    assert grader_version(bench, after) > grader_version(bench, before)
    assert "second edition" in bench.aws.logs("GradePandalm")
    prepare = next(spec for spec in bench.aws.stack.functions if spec.logical_id == "PrepareDataset")
    assert prepare.environment["POWERTOOLS_LOG_LEVEL"] == "DEBUG"


@pytest.mark.slow
def test_twenty_runs_in_every_stage_survive_an_update(bench: StackHarness, project: Path) -> None:
    check_update(bench, project, 20)
