from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from rft import wiring
from rft.contracts.ledger import RunStatus
from tests.kit.fakes.clock import FixedClock
from tests.kit.fakes.jobs import MemoryJobs
from tests.kit.fakes.ledger import MemoryLedger
from tests.kit.fakes.models import MemoryDeploymentRecords, MemoryDeployments
from tests.kit.fakes.notifier import MemoryNotifier
from tests.kit.lambda_runtime import Context, load_function
from tests.kit.project import read_event
from tests.kit.records import add_run

EVENT: dict[str, Any] = read_event("record_outcome")


@pytest.fixture
def notifier(monkeypatch: pytest.MonkeyPatch) -> MemoryNotifier:
    clock = FixedClock()
    jobs, ledger, notifier = MemoryJobs(clock), MemoryLedger(clock), MemoryNotifier()
    monkeypatch.setattr(wiring, "training_jobs", lambda: jobs)
    monkeypatch.setattr(wiring, "model_deployments", MemoryDeployments)
    monkeypatch.setattr(wiring, "deployment_records", MemoryDeploymentRecords)
    monkeypatch.setattr(wiring, "ledger", lambda: ledger)
    monkeypatch.setattr(wiring, "notifier", lambda: notifier)
    add_run(ledger, RunStatus.STARTING)
    return notifier


def test_the_sample_event_ends_the_run_with_its_reason(notifier: MemoryNotifier) -> None:
    output = load_function("record_outcome").handler(EVENT, Context())
    assert output == {"run_id": EVENT["run_id"], "status": "FAILED"}
    assert notifier.sent[0][1]["cause"] == "roleArn: is required"


def test_a_status_that_is_not_terminal_is_refused(notifier: MemoryNotifier) -> None:
    with pytest.raises(ValidationError, match="status"):
        load_function("record_outcome").handler({**EVENT, "status": "TRAINING"}, Context())
    assert notifier.sent == []
