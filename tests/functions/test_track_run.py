from __future__ import annotations

import pytest

from rft import wiring
from rft.contracts.ledger import RunStatus
from tests.kit.fake_run import FakeRun
from tests.kit.fakes.store import MemoryStore
from tests.kit.fakes.tracker import MemoryTracker
from tests.kit.lambda_runtime import Context, load_function
from tests.kit.project import read_event
from tests.kit.records import RUN_ID

EVENT = read_event("track_run") | {"run_id": RUN_ID}


def test_the_sample_event_creates_a_run_on_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    fake_run, tracker = FakeRun(RunStatus.FAILED), MemoryTracker()
    monkeypatch.setattr(wiring, "ledger", lambda: fake_run.ledger)
    monkeypatch.setattr(wiring, "object_store", MemoryStore)
    monkeypatch.setattr(wiring, "run_tracker", lambda: tracker)
    reply = load_function("track_run").handler(EVENT, Context())
    assert reply == {"mlflow_run_id": f"mlflow-{RUN_ID}", "skipped": ""}
    assert [run.run_id for run, _ in tracker.tracked] == [RUN_ID]
