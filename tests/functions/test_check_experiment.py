from __future__ import annotations

from typing import Any

import pytest

from tests.kit.fake_experiment import FakeExperiment, wire
from tests.kit.lambda_runtime import Context, load_function
from tests.kit.project import read_event

EVENT: dict[str, Any] = read_event("check_experiment")


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeExperiment:
    fake = FakeExperiment()
    wire(fake, monkeypatch)
    return fake


def test_the_sample_event_polls_the_runs(fake: FakeExperiment) -> None:
    fake.prepare()
    fake.add(0)
    output = load_function("check_experiment").handler({**EVENT, "experiment_id": fake.id}, Context())
    assert output == {"ended": False, "running": 1}
