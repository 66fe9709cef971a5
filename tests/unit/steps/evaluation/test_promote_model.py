from __future__ import annotations

import pytest

from rft.contracts.ledger import RunStatus
from rft.errors import DeploymentInUse, RetryableServiceError
from tests.kit.fake_evaluation import FakeEvaluation, verdict
from tests.kit.fake_promotion import BEFORE, NAME, PROMOTED, compared, promotion, taking_over


def test_a_model_without_the_verdict_better_is_not_promoted() -> None:
    run = FakeEvaluation(**PROMOTED).at(RunStatus.TRAINING)
    run.sampler.reply = lambda *_: verdict("Response 1")
    run.evaluated()

    assert not run.compare().promoted
    assert promotion(run).status == "skipped"
    assert "no_difference_shown" in promotion(run).reason or "underpowered" in promotion(run).reason


@pytest.mark.parametrize("method", ["create", "update"])
def test_a_lost_reply_is_repaired_by_reading_the_deployment(method: str) -> None:
    run = taking_over() if method == "update" else compared()
    run.deployments.answer_lost[method] = [RetryableServiceError("lost")]
    with pytest.raises(RetryableServiceError):
        run.promote()
    run.promote()

    assert run.check_promotion()
    assert len(run.deployments.updates) == (1 if method == "update" else 0)
    assert len(run.records.get(NAME).changes) == (2 if method == "update" else 1)


def test_a_deployment_without_a_promotion_is_not_touched() -> None:
    run = compared()
    run.deployments.create(NAME, BEFORE, tags={}, token="foreign")

    with pytest.raises(DeploymentInUse, match="was not created by a promotion of this stack"):
        run.promote()
    assert run.deployments.updates == []


def test_a_deployment_that_another_run_is_changing_is_refused() -> None:
    run = taking_over()
    run.records.put(run.records.get(NAME).revising("running"))

    with pytest.raises(DeploymentInUse, match="is being changed"):
        run.promote()
