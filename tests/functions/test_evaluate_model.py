from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from rft.contracts.ledger import RunStatus
from tests.kit.fake_evaluation import FakeEvaluation, wire
from tests.kit.lambda_runtime import Context, load_function
from tests.kit.project import read_event

EVENT: dict[str, Any] = read_event("evaluate_model")


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeEvaluation:
    fake = FakeEvaluation().at(RunStatus.TRAINING)
    wire(fake, monkeypatch)
    return fake


def event(fake: FakeEvaluation, **changes: Any) -> dict[str, Any]:
    return {**EVENT, "dataset": fake.dataset.model_dump(mode="json"), **changes}


@pytest.mark.parametrize("model", ["base", "tuned"])
def test_the_sample_event_samples_the_named_model(fake: FakeEvaluation, model: str) -> None:
    arn = fake.deploy().deployment_arn
    part = {"model": model, "first": 0, "chunks": 1}
    output = load_function("evaluate_model").handler(event(fake, deployment_arn=arn, part=part), Context())
    assert output == {"model": model, "first": 0, "answers": 16}
    assert {model_id == arn for model_id, _ in fake.sampler.requests} == {model == "tuned"}


def test_an_event_without_a_dataset_is_refused(fake: FakeEvaluation) -> None:
    with pytest.raises(ValidationError, match="dataset"):
        load_function("evaluate_model").handler({**EVENT, "dataset": None}, Context())
