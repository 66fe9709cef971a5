from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from rft import wiring
from rft.contracts.ledger import RunStatus
from rft.contracts.steps import ForecastOutcome
from tests.kit.fakes.clock import FixedClock
from tests.kit.fakes.ledger import MemoryLedger
from tests.kit.fakes.store import MemoryStore
from tests.kit.forecast import JUDGE, OWN, smoke_test_report
from tests.kit.lambda_runtime import Context, load_function
from tests.kit.project import read_event
from tests.kit.records import RUN_ID, add_run

EVENT: dict[str, Any] = read_event("forecast_run")


@pytest.fixture
def ledger(monkeypatch: pytest.MonkeyPatch) -> MemoryLedger:
    ledger, store = MemoryLedger(FixedClock()), MemoryStore()
    store.objects[EVENT["smoke_test"]["report_uri"]] = smoke_test_report(judge=JUDGE).model_dump_json().encode()
    add_run(ledger, RunStatus.SMOKE_TESTING)
    monkeypatch.setattr(wiring, "ledger", lambda: ledger)
    monkeypatch.setattr(wiring, "object_store", lambda: store)
    monkeypatch.setenv("GRADERS", json.dumps({"pandalm": OWN}))
    monkeypatch.setenv("JUDGE_MODEL_ID", "us.amazon.nova-pro-v1:0,us.amazon.nova-lite-v1:0")
    monkeypatch.setenv("BASE_MODEL_ID", "us.amazon.nova-2-lite-v1:0")
    monkeypatch.setenv("LAMBDA_CONCURRENCY", "1000")
    return ledger


def test_the_sample_event_is_forecast_with_the_stacks_settings(ledger: MemoryLedger) -> None:
    output = load_function("forecast_run").handler(EVENT, Context())
    assert ForecastOutcome.model_validate(json.loads(json.dumps(output))) == ForecastOutcome(affordable=True)
    found = ledger.get(RUN_ID).forecast
    assert found is not None
    assert found.limits[0].fits is True
    assert found.cost[1].usd is not None


def test_an_event_without_a_smoke_test_is_refused(ledger: MemoryLedger) -> None:
    with pytest.raises(ValidationError, match="smoke_test"):
        load_function("forecast_run").handler({**EVENT, "smoke_test": None}, Context())
    assert ledger.get(RUN_ID).forecast is None
