from __future__ import annotations

import pytest

from rft import wiring
from rft.contracts.ledger import RunStatus
from rft.ports import Execution
from tests.fakes.lambda_runtime import Context, load_function
from tests.fakes.records import RUN_ID
from tests.fakes.world import World
from tests.project import read_event

EVENT = read_event("sweep_runs")


def test_the_schedules_event_closes_what_no_event_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(RunStatus.TRAINING).with_job()
    world.executions.ended[RUN_ID] = Execution(status="TIMED_OUT")
    for port in ("ledger", "executions", "notifier", "clock"):
        monkeypatch.setattr(wiring, port, lambda port=port: getattr(world, port))
    monkeypatch.setattr(wiring, "training_jobs", lambda: world.jobs)
    handler = load_function("sweep_runs").handler
    assert handler(EVENT, Context()) == {"runs": [RUN_ID]}
    assert handler(EVENT, Context()) == {"runs": []}
    assert (world.record.status, world.job_status) == (RunStatus.FAILED, "Stopping")
