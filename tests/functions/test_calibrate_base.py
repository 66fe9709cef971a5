from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from rft.contracts.ledger import RunStatus
from tests.kit.fake_evaluation import FakeEvaluation, wire
from tests.kit.lambda_runtime import Context, load_function
from tests.kit.project import read_event

EVENT: dict[str, Any] = read_event("calibrate_base")


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeEvaluation:
    fake = FakeEvaluation().at(RunStatus.SMOKE_TESTING)
    wire(fake, monkeypatch)
    return fake


def event(fake: FakeEvaluation, **changes: Any) -> dict[str, Any]:
    return {**EVENT, "dataset": fake.dataset.model_dump(mode="json"), **changes}


def test_the_sample_event_calibrates_the_base_model(fake: FakeEvaluation) -> None:
    output = load_function("calibrate_base").handler(event(fake), Context())
    assert set(output) == {"blocked", "cause", "dataset", "pending", "completed_chunks"}
    assert fake.record.calibration is not None
    assert fake.record.calibration.status == "completed"


def test_an_event_without_a_dataset_is_refused(fake: FakeEvaluation) -> None:
    with pytest.raises(ValidationError, match="dataset"):
        load_function("calibrate_base").handler({**EVENT, "dataset": None}, Context())
