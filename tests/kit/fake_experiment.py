"""An experiment with three arms and in-memory ports."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rft import wiring
from rft.contracts.dataset import TokenStatistics
from rft.contracts.evaluation import EvaluationSummary
from rft.contracts.experiments.record import ExperimentRecord
from rft.contracts.experiments.request import ExperimentRequest
from rft.contracts.experiments.steps import ExperimentCheck, FinishedExperiment, StartedArm
from rft.contracts.ledger import DatasetSummary, RunStatus
from rft.contracts.smoke_test import SmokeTestSummary
from rft.ports.experiments import RunPorts
from rft.settings import JudgeDirectory, StorageSettings
from rft.steps.api.start_experiment import start_experiment
from rft.steps.experiments.check_experiment import check_experiment
from rft.steps.experiments.finish_experiment import finish_experiment
from rft.steps.experiments.start_arm import start_arm
from tests.kit.fakes.clock import FixedClock
from tests.kit.fakes.executions import MemoryExecutions
from tests.kit.fakes.experiments import MemoryExperiments
from tests.kit.fakes.jobs import MemoryJobs
from tests.kit.fakes.ledger import MemoryLedger
from tests.kit.fakes.models import MemoryDeploymentRecords, MemoryDeployments
from tests.kit.fakes.notifier import MemoryNotifier
from tests.kit.fakes.store import MemoryStore
from tests.kit.records import ADA
from tests.kit.reward_curves import curve

GRADERS = {"pandalm": "arn:aws:lambda:us-east-1:123456789012:function:grade-pandalm"}
NO_JUDGES = JudgeDirectory.model_validate({})
STORAGE = StorageSettings.model_validate({"DATA_BUCKET": "data-bucket"})
DATASET = {"task": "pandalm", "uri": "s3://data-bucket/datasets/rows.json"}
PROVEN = SmokeTestSummary(trusted=True, reasons=(), checks=(), mean_right=1, mean_wrong=0, report_uri="s3://b/s.json")
ROWS = DatasetSummary(
    manifest_uri="s3://data-bucket/runs/a/dataset/manifest.json", digest="sha256:1", groups={}, labels={}, warnings={},
    rows={"train": 800, "validation": 10, "test": 10}, bad_records=0,
    tokens=TokenStatistics(encoding="cl100k_base", min=1, max=1, mean=1, p50=1, p95=1, p99=1, total=1),
)  # fmt: skip


class FakeExperiment:
    def __init__(self, **request: Any) -> None:
        self.clock = FixedClock()
        self.experiments = MemoryExperiments(self.clock)
        self.ledger, self.store = MemoryLedger(self.clock), MemoryStore()
        self.executions, self.machines = MemoryExecutions(), MemoryExecutions()
        self.jobs = MemoryJobs(self.clock)
        self.runs = RunPorts(
            self.ledger, self.executions, self.jobs, MemoryDeployments(), MemoryDeploymentRecords(), MemoryNotifier()
        )
        arms = [{"name": n, "changes": {"hyperparameters.epochCount": e}} for e, n in enumerate("abc", 1)]
        self.request = ExperimentRequest.model_validate(
            {"name": "sweep", "base": {"dataset": DATASET}, "arms": arms, **request}
        )
        self.id = self.start().experiment_id

    def start(self, key: str | None = None) -> ExperimentRecord:
        return start_experiment(
            request=self.request, key=key, caller=ADA, experiments=self.experiments, executions=self.machines,
            clock=self.clock, graders=GRADERS, storage=STORAGE, judges=NO_JUDGES,
        ).record  # fmt: skip

    @property
    def record(self) -> ExperimentRecord:
        return self.experiments.get(self.id)

    def add(self, number: int, kind: Any = "arm") -> StartedArm:
        ports = {"experiments": self.experiments, "ledger": self.ledger, "clock": self.clock}
        return start_arm(experiment_id=self.id, kind=kind, number=number, **ports)  # type: ignore[arg-type]

    def prepare(self, *, trusted: bool = True) -> None:
        run_id = self.add(0, "preparation").run_id
        found = {"status": RunStatus.COMPLETED, "dataset": ROWS, "grader_arn": f"{GRADERS['pandalm']}:1"}
        proven = PROVEN.model_copy(update={"trusted": trusted})
        self.ledger.records[run_id] = self.ledger.get(run_id).model_copy(update={**found, "smoke_test": proven})

    def train(self, number: int, reward: float, steps: int = 25) -> str:
        """Put an arm into training with these rewards per step, and return its job."""
        run_id = self.add(number).run_id
        self.runs.jobs.create({"jobName": run_id})
        metrics = curve([reward] * steps).model_copy(update={"steps_planned": 100})
        self.change(run_id, status=RunStatus.TRAINING, metrics=metrics)
        return run_id

    def change(self, run_id: str, **fields: Any) -> None:
        self.ledger.records[run_id] = self.ledger.get(run_id).model_copy(update=fields)

    def complete(self, number: int) -> None:
        run_id = self.record.arms[number].run_id
        self.change(run_id, status=RunStatus.COMPLETED, evaluation=EvaluationSummary(status="failed", reason="no"))

    def check(self) -> ExperimentCheck:
        return check_experiment(experiment_id=self.id, experiments=self.experiments, runs=self.runs, clock=self.clock)

    def finish(self, error: str = "") -> FinishedExperiment:
        return finish_experiment(
            experiment_id=self.id, error=error, cause="", experiments=self.experiments, runs=self.runs,
            store=self.store, clock=self.clock, graders=GRADERS, storage=STORAGE, judges=NO_JUDGES,
        )  # fmt: skip


def wire(fake: FakeExperiment, monkeypatch: pytest.MonkeyPatch) -> None:
    """Patch the wiring to use the fake's ports and the stack's settings."""
    ports = {
        "experiments": fake.experiments,
        "ledger": fake.ledger,
        "clock": fake.clock,
        "run_ports": fake.runs,
        "object_store": fake.store,
    }
    for name, port in ports.items():
        monkeypatch.setattr(wiring, name, lambda port=port: port)
    monkeypatch.setenv("DATA_BUCKET", "data-bucket")
    monkeypatch.setenv("GRADERS", json.dumps(GRADERS))
