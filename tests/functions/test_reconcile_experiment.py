from __future__ import annotations

from typing import Any

import pytest

from tests.kit.fake_experiment import FakeExperiment, wire
from tests.kit.lambda_runtime import Context, load_function
from tests.kit.project import read_event

EVENT: dict[str, Any] = read_event("reconcile_experiment")


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeExperiment:
    fake = FakeExperiment()
    wire(fake, monkeypatch)
    return fake


def test_the_sample_event_closes_the_experiment(fake: FakeExperiment) -> None:
    event = {**EVENT, "detail": {**EVENT["detail"], "name": fake.id}}
    output = load_function("reconcile_experiment").handler(event, Context())
    assert output == {"experiment_id": fake.id, "status": "CANCELLED"}


def test_an_execution_of_no_experiment_is_ignored(fake: FakeExperiment) -> None:
    assert load_function("reconcile_experiment").handler(EVENT, Context())["status"] is None
    assert fake.record.status == "RUNNING"
