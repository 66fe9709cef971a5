from __future__ import annotations

import pytest

from rft import wiring
from rft.contracts.ledger import RunStatus
from rft.ports.runs import Execution
from tests.kit.fake_run import FakeRun
from tests.kit.fakes.executions import MemoryExecutions
from tests.kit.fakes.experiments import MemoryExperiments
from tests.kit.fakes.rollout_reader import MemoryRollouts
from tests.kit.fakes.store import MemoryStore
from tests.kit.lambda_runtime import Context, load_function
from tests.kit.project import read_event
from tests.kit.records import RUN_ID

EVENT = read_event("sweep_runs")


def test_the_schedules_event_closes_runs_without_an_end_event(monkeypatch: pytest.MonkeyPatch) -> None:
    fake_run = FakeRun(RunStatus.TRAINING).with_job()
    fake_run.executions.ended[RUN_ID] = Execution(status="TIMED_OUT")
    for port in ("ledger", "executions", "notifier", "clock"):
        monkeypatch.setattr(wiring, port, lambda port=port: getattr(fake_run, port))
    monkeypatch.setattr(wiring, "training_jobs", lambda: fake_run.jobs)
    monkeypatch.setattr(wiring, "model_deployments", lambda: fake_run.deployments)
    monkeypatch.setattr(wiring, "deployment_records", lambda: fake_run.records)
    monkeypatch.setattr(wiring, "experiments", lambda: MemoryExperiments(fake_run.clock))
    monkeypatch.setattr(wiring, "experiment_executions", MemoryExecutions)
    monkeypatch.setenv("STACK_NAME", "rft")
    monkeypatch.setattr(wiring, "run_history", lambda: fake_run.ledger)
    store, rollouts = MemoryStore(), MemoryRollouts()
    monkeypatch.setattr(wiring, "object_store", lambda: store)
    monkeypatch.setattr(wiring, "rollout_reader", lambda: rollouts)
    handler = load_function("sweep_runs").handler
    assert handler(EVENT, Context()) == {"runs": [RUN_ID]}
    assert handler(EVENT, Context()) == {"runs": []}
    assert (fake_run.record.status, fake_run.job_status) == (RunStatus.FAILED, "Stopping")
    assert any(uri.endswith("report.html") for uri in store.objects)
