from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from rft.contracts.ledger import RunStatus
from tests.kit.fake_evaluation import MODEL, FakeEvaluation, wire
from tests.kit.lambda_runtime import Context, load_function
from tests.kit.project import read_event

EVENT: dict[str, Any] = read_event("promote_model")


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeEvaluation:
    fake = FakeEvaluation(promotion=EVENT["request"]["promotion"]).at(RunStatus.TRAINING).evaluated()
    fake.compare()
    wire(fake, monkeypatch)
    return fake


def test_the_sample_event_promotes_the_model(fake: FakeEvaluation) -> None:
    assert load_function("promote_model").handler(EVENT, Context()) == {"run_id": EVENT["run_id"]}
    assert fake.deployments.deployments["pandalm-judge"].serving == MODEL


def test_an_invalid_deployment_name_is_refused(fake: FakeEvaluation) -> None:
    request = {**EVENT["request"], "promotion": {"deployment": "no spaces"}}
    with pytest.raises(ValidationError, match="deployment"):
        load_function("promote_model").handler({**EVENT, "request": request}, Context())
