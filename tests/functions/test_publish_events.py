from __future__ import annotations

import pytest

from rft import wiring
from rft.contracts.ledger import RunStatus
from tests.kit.fake_run import FakeRun
from tests.kit.fakes.event_bus import MemoryBus
from tests.kit.lambda_runtime import Context, load_function
from tests.kit.project import read_event


def test_the_schedules_event_sends_pending_events(monkeypatch: pytest.MonkeyPatch) -> None:
    fake_run, bus = FakeRun(RunStatus.PREPARING), MemoryBus()
    monkeypatch.setenv("STACK_NAME", "rft")
    monkeypatch.setattr(wiring, "outbox", lambda: fake_run.ledger)
    monkeypatch.setattr(wiring, "event_bus", lambda: bus)
    handler = load_function("publish_events").handler
    assert handler(read_event("publish_events"), Context()) == {"sent": 2}
    assert handler(read_event("publish_events"), Context()) == {"sent": 0}
