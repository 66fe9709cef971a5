from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from rft import wiring
from rft.evaluation.deployment import judge_deployment
from tests.kit.fake_judge import FakeJudge
from tests.kit.lambda_runtime import Context, load_function
from tests.kit.project import read_event

EVENT: dict[str, Any] = read_event("check_judge")


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeJudge:
    fake = FakeJudge()
    ports = {"ledger": fake.ledger, "object_store": fake.store, "model_deployments": fake.deployments}
    for name, port in (ports | {"deployment_records": fake.records, "clock": fake.clock}).items():
        monkeypatch.setattr(wiring, name, lambda port=port: port)
    monkeypatch.setenv("STACK_NAME", "rft")
    return fake


def test_the_sample_event_reads_the_judges_deployment(fake: FakeJudge) -> None:
    fake.deploy()
    assert judge_deployment(EVENT["run_id"]) in fake.deployments.deployments
    assert load_function("check_judge").handler(EVENT, Context()) == {"status": "Active"}


def test_an_event_without_a_run_is_refused(fake: FakeJudge) -> None:
    with pytest.raises(ValidationError, match="run_id"):
        load_function("check_judge").handler({}, Context())
