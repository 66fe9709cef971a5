from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from rft import wiring
from rft.contracts.ledger import RunStatus
from tests.kit.fake_run import FakeRun
from tests.kit.lambda_runtime import Context, load_function
from tests.kit.project import read_event

EVENT: dict[str, Any] = read_event("request_approval")


@pytest.fixture
def fake_run(monkeypatch: pytest.MonkeyPatch) -> FakeRun:
    fake_run = FakeRun(RunStatus.SMOKE_TESTING)
    monkeypatch.setattr(wiring, "ledger", lambda: fake_run.ledger)
    monkeypatch.setattr(wiring, "approvals", lambda: fake_run.ledger)
    monkeypatch.setattr(wiring, "notifier", lambda: fake_run.notifier)
    monkeypatch.setattr(wiring, "clock", lambda: fake_run.clock)
    monkeypatch.setenv("APPROVAL_DAYS", "7")
    return fake_run


def test_the_sample_event_makes_the_run_wait(fake_run: FakeRun, capsys: pytest.CaptureFixture[str]) -> None:
    output = load_function("request_approval").handler(EVENT, Context())
    assert output == {"run_id": EVENT["run_id"], "status": "AWAITING_APPROVAL"}
    assert fake_run.ledger.token(EVENT["run_id"]) == EVENT["task_token"]
    assert len(fake_run.messages) == 1
    assert EVENT["task_token"] not in capsys.readouterr().out


def test_a_wait_without_a_reason_is_refused(fake_run: FakeRun) -> None:
    with pytest.raises(ValidationError, match="reasons") as refused:
        load_function("request_approval").handler({**EVENT, "reasons": []}, Context())
    assert EVENT["task_token"] not in str(refused.value)
    assert fake_run.messages == []
