from __future__ import annotations

from typing import Any

import pytest

from tests.kit.fake_experiment import FakeExperiment, wire
from tests.kit.lambda_runtime import Context, load_function
from tests.kit.project import read_event

EVENT: dict[str, Any] = read_event("finish_experiment")


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeExperiment:
    fake = FakeExperiment()
    wire(fake, monkeypatch)
    return fake


def test_the_sample_event_ends_the_experiment(fake: FakeExperiment) -> None:
    output = load_function("finish_experiment").handler({**EVENT, "experiment_id": fake.id}, Context())
    assert (output["status"], output["error"]) == ("FAILED", "NoArmEvaluated")
