from __future__ import annotations

import pytest

from rft.errors import DeploymentInUse, DeploymentRefused, RetryableThrottling
from rft.steps.api.deployments import list_deployments, roll_back_deployment
from tests.kit.fake_evaluation import FakeEvaluation
from tests.kit.fake_promotion import BEFORE, NAME, compared, promoted, taking_over
from tests.kit.records import ADA


def roll_back(run: FakeEvaluation) -> str | None:
    return roll_back_deployment(
        name=NAME, caller=ADA, deployments=run.deployments, records=run.records, clock=run.clock
    ).model_arn


def test_a_rollback_returns_to_the_model_before_and_names_the_caller() -> None:
    run = promoted()
    assert roll_back(run) == BEFORE
    (shown,) = list_deployments(deployments=run.deployments, records=run.records).deployments

    last = shown.changes[-1]
    assert (last.action, last.status, last.by, last.model_arn) == ("rollback", "completed", ADA.identity, BEFORE)
    assert (shown.model_arn, shown.run_id) == (BEFORE, "earlier-20261101t000000-00000000")


def test_a_rollback_whose_reply_is_lost_may_be_sent_again() -> None:
    run = promoted()
    run.deployments.fails_with["update"] = [RetryableThrottling("slow down")]
    with pytest.raises(RetryableThrottling):
        roll_back(run)
    assert roll_back(run) == BEFORE
    assert len(run.records.get(NAME).changes) == 3


def test_a_rollback_that_bedrock_refuses_blocks_nothing() -> None:
    run = promoted()
    run.deployments.fails_with["update"] = [DeploymentRefused("not now")]
    with pytest.raises(DeploymentRefused):
        roll_back(run)
    assert run.records.get(NAME).open_change is None


def test_a_rollback_while_a_run_promotes_is_refused() -> None:
    run = taking_over()
    run.promote()
    with pytest.raises(DeploymentInUse, match="being changed by run"):
        roll_back(run)


def test_a_rollback_without_a_model_before_says_so() -> None:
    run = compared()
    run.promote()
    assert run.check_promotion()
    with pytest.raises(DeploymentInUse, match="no model before"):
        roll_back(run)
