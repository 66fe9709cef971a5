from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from rft import wiring
from rft.contracts.ledger import RunStatus
from tests.kit.fake_run import FakeRun
from tests.kit.lambda_runtime import Context, load_function
from tests.kit.project import read_event

EVENT: dict[str, Any] = read_event("wake_runs")
RUN_ID = EVENT["detail"]["jobName"]


@pytest.fixture
def fake_run(monkeypatch: pytest.MonkeyPatch) -> FakeRun:
    fake_run = FakeRun(RunStatus.TRAINING)
    monkeypatch.setattr(wiring, "ledger", lambda: fake_run.ledger)
    monkeypatch.setattr(wiring, "job_queue", lambda: fake_run.ledger)
    monkeypatch.setattr(wiring, "run_waits", lambda: fake_run.ledger)
    monkeypatch.setattr(wiring, "executions", lambda: fake_run.executions)
    return fake_run


def test_the_sample_event_wakes_the_run_of_its_job(fake_run: FakeRun) -> None:
    fake_run.ledger.begin(RUN_ID, "token")
    fake_run.executions.waiting.add("token")
    assert load_function("wake_runs").handler(EVENT, Context()) == {"woken": [RUN_ID]}
    assert fake_run.executions.outputs == [{"woken": True}]


def test_an_event_outside_the_rules_pattern_raises(fake_run: FakeRun) -> None:
    event = {**EVENT, "detail": {**EVENT["detail"], "jobStatus": "Stopping"}}
    with pytest.raises(ValidationError, match="jobStatus"):
        load_function("wake_runs").handler(event, Context())
