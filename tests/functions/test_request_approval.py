from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from rft import wiring
from rft.contracts.ledger import RunStatus
from tests.fakes.lambda_runtime import Context, load_function
from tests.fakes.world import World
from tests.project import read_event

EVENT: dict[str, Any] = read_event("request_approval")


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    world = World(RunStatus.SMOKE_TESTING)
    monkeypatch.setattr(wiring, "ledger", lambda: world.ledger)
    monkeypatch.setattr(wiring, "notifier", lambda: world.notifier)
    monkeypatch.setattr(wiring, "clock", lambda: world.clock)
    monkeypatch.setenv("APPROVAL_DAYS", "7")
    return world


def test_the_sample_event_makes_the_run_wait(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    output = load_function("request_approval").handler(EVENT, Context())
    assert output == {"run_id": EVENT["run_id"], "status": "AWAITING_APPROVAL"}
    assert world.ledger.token(EVENT["run_id"]) == EVENT["task_token"]
    assert len(world.messages) == 1
    assert EVENT["task_token"] not in capsys.readouterr().out


def test_a_wait_without_a_reason_is_refused(world: World) -> None:
    with pytest.raises(ValidationError, match="reasons") as refused:
        load_function("request_approval").handler({**EVENT, "reasons": []}, Context())
    assert EVENT["task_token"] not in str(refused.value)
    assert world.messages == []
