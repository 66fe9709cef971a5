from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from rft import wiring
from rft.contracts.ledger import RunStatus
from tests.kit.fake_run import FakeRun
from tests.kit.fakes.models import MemoryDeploymentRecords, MemoryDeployments
from tests.kit.fakes.rollout_reader import MemoryRollouts
from tests.kit.fakes.store import MemoryStore
from tests.kit.lambda_runtime import Context, load_function
from tests.kit.project import read_event

EVENT: dict[str, Any] = read_event("reconcile_run")
RUN_ID = EVENT["detail"]["name"]


@pytest.fixture
def fake_run(monkeypatch: pytest.MonkeyPatch) -> FakeRun:
    fake_run = FakeRun(RunStatus.TRAINING).with_job()
    monkeypatch.setattr(wiring, "model_deployments", MemoryDeployments)
    monkeypatch.setattr(wiring, "deployment_records", MemoryDeploymentRecords)
    monkeypatch.setattr(wiring, "ledger", lambda: fake_run.ledger)
    monkeypatch.setattr(wiring, "training_jobs", lambda: fake_run.jobs)
    monkeypatch.setattr(wiring, "notifier", lambda: fake_run.notifier)
    store, rollouts = MemoryStore(), MemoryRollouts()
    monkeypatch.setattr(wiring, "run_history", lambda: fake_run.ledger)
    monkeypatch.setattr(wiring, "object_store", lambda: store)
    monkeypatch.setattr(wiring, "rollout_reader", lambda: rollouts)
    return fake_run


def test_the_sample_event_closes_the_run(fake_run: FakeRun) -> None:
    handler = load_function("reconcile_run").handler
    for _ in range(2):
        assert handler(EVENT, Context()) == {"run_id": RUN_ID, "status": "CANCELLED"}
    assert (fake_run.job_status, len(fake_run.messages)) == ("Stopping", 1)


def test_an_execution_of_no_run_is_ignored(fake_run: FakeRun) -> None:
    event = {**EVENT, "detail": {**EVENT["detail"], "name": "by-hand"}}
    assert load_function("reconcile_run").handler(event, Context()) == {"run_id": "by-hand", "status": None}
    assert fake_run.messages == []


def test_an_event_outside_the_rules_pattern_raises(fake_run: FakeRun) -> None:
    event = {**EVENT, "detail": {**EVENT["detail"], "status": "SUCCEEDED"}}
    with pytest.raises(ValidationError, match="status"):
        load_function("reconcile_run").handler(event, Context())
    assert fake_run.record.status is RunStatus.TRAINING
