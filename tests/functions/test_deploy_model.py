from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from rft.contracts.ledger import RunStatus
from tests.kit.fake_evaluation import FakeEvaluation, wire
from tests.kit.lambda_runtime import Context, load_function
from tests.kit.project import read_event

EVENT: dict[str, Any] = read_event("deploy_model")


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeEvaluation:
    fake = FakeEvaluation().at(RunStatus.TRAINING)
    wire(fake, monkeypatch)
    return fake


def event(fake: FakeEvaluation, **changes: Any) -> dict[str, Any]:
    return {**EVENT, "dataset": fake.dataset.model_dump(mode="json"), **changes}


def test_the_sample_event_deploys_the_model(fake: FakeEvaluation) -> None:
    output = load_function("deploy_model").handler(event(fake), Context())
    assert output["deployment_arn"] == fake.deployments.deployments[EVENT["run_id"]].arn
    assert {part["model"] for part in output["parts"]} == {"base", "tuned"}


def test_an_event_without_a_dataset_is_refused(fake: FakeEvaluation) -> None:
    with pytest.raises(ValidationError, match="dataset"):
        load_function("deploy_model").handler({**EVENT, "dataset": None}, Context())
