from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from rft import wiring
from rft.contracts.ledger import RunStatus
from tests.kit.fake_run import FakeRun
from tests.kit.lambda_runtime import Context, load_function
from tests.kit.project import read_event

EVENT: dict[str, Any] = read_event("wait_for_quota")


@pytest.fixture
def fake_run(monkeypatch: pytest.MonkeyPatch) -> FakeRun:
    fake_run = FakeRun(RunStatus.STARTING)
    monkeypatch.setattr(wiring, "run_waits", lambda: fake_run.ledger)
    return fake_run


def test_the_sample_event_stores_the_token_and_logs_none(fake_run: FakeRun, capsys: pytest.CaptureFixture[str]) -> None:
    output = load_function("wait_for_quota").handler(EVENT, Context())
    assert output == {"run_id": EVENT["run_id"]}
    assert fake_run.ledger.wake(EVENT["run_id"]) == EVENT["task_token"]
    assert EVENT["task_token"] not in capsys.readouterr().out


def test_an_event_without_a_token_is_refused(fake_run: FakeRun) -> None:
    with pytest.raises(ValidationError, match="task_token"):
        load_function("wait_for_quota").handler({"run_id": EVENT["run_id"]}, Context())
