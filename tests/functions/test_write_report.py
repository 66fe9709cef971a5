from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from rft import wiring
from rft.contracts.ledger import RunStatus
from tests.kit.fake_report import FakeReport
from tests.kit.lambda_runtime import Context, load_function
from tests.kit.project import read_event
from tests.kit.records import RUN_ID

EVENT: dict[str, Any] = read_event("write_report")


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeReport:
    fake = FakeReport().trained()
    monkeypatch.setattr(wiring, "ledger", lambda: fake.ledger)
    monkeypatch.setattr(wiring, "run_history", lambda: fake.ledger)
    monkeypatch.setattr(wiring, "object_store", lambda: fake.store)
    monkeypatch.setattr(wiring, "rollout_reader", lambda: fake.rollouts)
    return fake


def test_the_sample_event_writes_the_report(fake: FakeReport) -> None:
    uri = f"s3://data-bucket/runs/{RUN_ID}/report.json"
    assert load_function("write_report").handler(EVENT, Context()) == {"report_uri": uri}
    assert fake.stored.failure is not None
    assert fake.stored.failure.cause == "roleArn: is required"


def test_a_status_that_is_not_terminal_is_refused(fake: FakeReport) -> None:
    with pytest.raises(ValidationError, match="status"):
        load_function("write_report").handler({**EVENT, "status": RunStatus.TRAINING}, Context())
