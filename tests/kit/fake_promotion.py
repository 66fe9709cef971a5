"""Runs that promote their model to a deployment."""

from __future__ import annotations

from rft.contracts.deployments import DeploymentChange, PromotionSummary
from rft.contracts.ledger import RunStatus
from tests.kit.fake_evaluation import FakeEvaluation
from tests.kit.fakes.clock import FixedClock

NAME = "judge"
BEFORE = "arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.nova-2-lite-v1:0:256k/000000000000"
PROMOTED = {"promotion": {"deployment": NAME}}


def compared() -> FakeEvaluation:
    run = FakeEvaluation(**PROMOTED).at(RunStatus.TRAINING).evaluated()
    assert run.compare().promoted
    return run


def taking_over() -> FakeEvaluation:
    """Return a run that promotes its model to a deployment created by an earlier promotion."""
    run = compared()
    run.deployments.create(NAME, BEFORE, tags={}, token="earlier")
    earlier = run.records.get(NAME).adding(change(BEFORE, None))
    run.records.put(earlier)
    return run


def change(model_arn: str, previous: str | None) -> DeploymentChange:
    return DeploymentChange(
        action="promotion",
        status="completed",
        run_id="earlier-20261101t000000-00000000",
        model_arn=model_arn,
        previous_model_arn=previous,
        by="run earlier",
        at=FixedClock().now(),
    )


def promotion(run: FakeEvaluation) -> PromotionSummary:
    found = run.record.promotion
    assert found is not None
    return found


def promoted() -> FakeEvaluation:
    run = taking_over()
    run.promote()
    assert run.check_promotion()
    return run
