from __future__ import annotations

from typing import Any

import pytest

from rft import wiring
from tests.kit.fake_experiment import GRADERS, FakeExperiment
from tests.kit.lambda_runtime import Context, load_function
from tests.kit.project import read_event

EVENT: dict[str, Any] = read_event("finish_experiment")


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeExperiment:
    fake = FakeExperiment()
    monkeypatch.setattr(wiring, "experiments", lambda: fake.experiments)
    monkeypatch.setattr(wiring, "ledger", lambda: fake.ledger)
    monkeypatch.setattr(wiring, "clock", lambda: fake.clock)
    monkeypatch.setattr(wiring, "run_ports", lambda: fake.runs)
    monkeypatch.setattr(wiring, "object_store", lambda: fake.store)
    monkeypatch.setenv("DATA_BUCKET", "data-bucket")
    monkeypatch.setenv("GRADERS", str(GRADERS).replace("'", '"'))
    return fake


def test_the_sample_event_ends_the_experiment(fake: FakeExperiment) -> None:
    output = load_function("finish_experiment").handler({**EVENT, "experiment_id": fake.id}, Context())
    assert (output["status"], output["error"]) == ("FAILED", "NoArmEvaluated")
