from __future__ import annotations

import pytest

from rft.contracts.deployments import DeploymentChange, DeploymentView
from rft.errors import DeploymentInUse, DeploymentNotFound, DeploymentRefused, RetryableThrottling
from rft.steps.api.deployments import delete_deployment, list_deployments, roll_back_deployment
from tests.kit.fake_evaluation import FakeEvaluation
from tests.kit.fake_promotion import BEFORE, NAME, change, compared, promoted, taking_over
from tests.kit.records import ADA


def roll_back(run: FakeEvaluation) -> str | None:
    return roll_back_deployment(
        name=NAME, caller=ADA, deployments=run.deployments, records=run.records, clock=run.clock
    ).model_arn


def test_a_rollback_restores_the_previous_model_and_names_the_caller() -> None:
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


def test_a_rollback_without_a_previous_model_is_refused() -> None:
    run = compared()
    run.promote()
    assert run.check_promotion()
    with pytest.raises(DeploymentInUse, match="no previous model"):
        roll_back(run)


def delete(run: FakeEvaluation) -> DeploymentView:
    return delete_deployment(name=NAME, caller=ADA, deployments=run.deployments, records=run.records, clock=run.clock)


def test_a_deletion_is_recorded_and_may_be_sent_again() -> None:
    run = promoted()
    assert delete(run) == delete(run)
    (shown,) = list_deployments(deployments=run.deployments, records=run.records).deployments

    assert (shown.status, shown.model_arn) == (None, None)
    assert [(each.action, each.status, each.by) for each in shown.changes[2:]] == [
        ("deletion", "completed", ADA.identity)
    ]
    assert run.deployments.deployments.get(NAME) is None


@pytest.mark.parametrize("trouble", ["fails_with", "answer_lost"])
def test_a_deletion_whose_reply_is_lost_may_be_sent_again(trouble: str) -> None:
    run = promoted()
    getattr(run.deployments, trouble)["delete"] = [RetryableThrottling("slow down")]
    with pytest.raises(RetryableThrottling):
        delete(run)
    assert delete(run).changes[-1].status == "completed"
    assert len(run.records.get(NAME).changes) == 3


def test_a_deployment_that_a_run_promotes_to_is_not_deleted() -> None:
    run = taking_over()
    run.promote()
    with pytest.raises(DeploymentInUse, match="being changed by run"):
        delete(run)
    assert NAME in run.deployments.deployments


def test_a_deployment_made_by_others_is_not_deleted() -> None:
    run = compared()
    run.deployments.create(NAME, BEFORE, tags={}, token="by-hand")
    with pytest.raises(DeploymentNotFound):
        delete(run)


def test_a_name_reused_by_others_after_the_deletion_is_not_touched() -> None:
    run = promoted()
    delete(run)
    run.deployments.create(NAME, BEFORE, tags={}, token="by-hand")
    for request in (delete, roll_back):
        with pytest.raises(DeploymentInUse, match="not created by a promotion"):
            request(run)


def test_a_deleted_deployment_can_be_promoted_to_again() -> None:
    run = compared()
    run.records.put(run.records.get(NAME).adding(deleted()))
    run.promote()
    assert run.check_promotion()
    assert run.deployments.deployments[NAME].model_arn == run.record.model_arn


def deleted() -> DeploymentChange:
    return change(BEFORE, BEFORE).model_copy(update={"action": "deletion"})
