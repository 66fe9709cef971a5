from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from rft.contracts.ledger import RunStatus
from tests.kit.fake_evaluation import FakeEvaluation, wire
from tests.kit.lambda_runtime import Context, load_function
from tests.kit.project import read_event

EVENT: dict[str, Any] = read_event("check_deployment")


@pytest.mark.parametrize("status", ["Creating", "Active"])
def test_the_sample_event_reads_the_deployment(status: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeEvaluation().at(RunStatus.TRAINING)
    wire(fake, monkeypatch)
    fake.deployments.status = status
    arn = fake.deploy().deployment_arn
    output = load_function("check_deployment").handler({**EVENT, "deployment_arn": arn}, Context())
    assert output == {"status": status}


def test_an_event_without_a_deployment_is_refused() -> None:
    with pytest.raises(ValidationError, match="deployment_arn"):
        load_function("check_deployment").handler({**EVENT, "deployment_arn": None}, Context())
