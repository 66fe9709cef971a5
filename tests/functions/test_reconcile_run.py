from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from rft import wiring
from rft.contracts.ledger import RunStatus
from tests.fakes.lambda_runtime import Context, load_function
from tests.fakes.world import World
from tests.project import read_event

EVENT: dict[str, Any] = read_event("reconcile_run")
RUN_ID = EVENT["detail"]["name"]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    world = World(RunStatus.TRAINING).with_job()
    monkeypatch.setattr(wiring, "ledger", lambda: world.ledger)
    monkeypatch.setattr(wiring, "training_jobs", lambda: world.jobs)
    monkeypatch.setattr(wiring, "notifier", lambda: world.notifier)
    return world


def test_the_sample_event_closes_the_run(world: World) -> None:
    handler = load_function("reconcile_run").handler
    for _ in range(2):
        assert handler(EVENT, Context()) == {"run_id": RUN_ID, "status": "CANCELLED"}
    assert (world.job_status, len(world.messages)) == ("Stopping", 1)


def test_an_execution_that_is_no_run_is_passed_over(world: World) -> None:
    event = {**EVENT, "detail": {**EVENT["detail"], "name": "by-hand"}}
    assert load_function("reconcile_run").handler(event, Context()) == {"run_id": "by-hand", "status": None}
    assert world.messages == []


def test_an_event_that_the_rule_would_not_let_through_is_loud(world: World) -> None:
    event = {**EVENT, "detail": {**EVENT["detail"], "status": "SUCCEEDED"}}
    with pytest.raises(ValidationError, match="status"):
        load_function("reconcile_run").handler(event, Context())
    assert world.record.status is RunStatus.TRAINING
