from __future__ import annotations

from typing import Any

import pytest

from tests.kit.fake_experiment import FakeExperiment, wire
from tests.kit.lambda_runtime import Context, load_function
from tests.kit.project import read_event

EVENT: dict[str, Any] = read_event("start_arm")


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeExperiment:
    fake = FakeExperiment()
    wire(fake, monkeypatch)
    return fake


def test_the_sample_event_starts_an_arm(fake: FakeExperiment) -> None:
    fake.prepare()
    output = load_function("start_arm").handler({**EVENT, "experiment_id": fake.id}, Context())
    assert (output["start"], output["run_id"]) == (True, fake.record.arms[0].run_id)
