from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from rft import wiring
from rft.evaluation.deployment import judge_deployment
from tests.kit.fake_judge import FakeJudge
from tests.kit.lambda_runtime import Context, load_function
from tests.kit.project import read_event

EVENT: dict[str, Any] = read_event("deploy_judge")


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeJudge:
    fake = FakeJudge()
    ports = {"ledger": fake.ledger, "object_store": fake.store, "model_deployments": fake.deployments}
    for name, port in (ports | {"deployment_records": fake.records, "clock": fake.clock}).items():
        monkeypatch.setattr(wiring, name, lambda port=port: port)
    monkeypatch.setenv("STACK_NAME", "rft")
    return fake


def test_the_sample_event_deploys_the_judge(fake: FakeJudge) -> None:
    trained = fake.request.grader
    assert trained is not None
    request = {**EVENT["request"], "grader": {**EVENT["request"]["grader"], "judge": trained.judge}}
    assert load_function("deploy_judge").handler({**EVENT, "request": request}, Context()) == {
        "run_id": EVENT["run_id"]
    }
    assert judge_deployment(EVENT["run_id"]) in fake.deployments.deployments


def test_a_judge_that_is_no_run_or_deployment_is_refused(fake: FakeJudge) -> None:
    request = {**EVENT["request"], "grader": {"name": "pandalm", "judge": "amazon.nova-pro-v1:0"}}
    with pytest.raises(ValidationError, match="judge"):
        load_function("deploy_judge").handler({**EVENT, "request": request}, Context())
