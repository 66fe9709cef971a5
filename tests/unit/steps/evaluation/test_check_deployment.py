from __future__ import annotations

import pytest

from rft.contracts.ledger import RunStatus
from rft.errors import DeploymentFailed, TransitionRefused
from tests.kit.fake_evaluation import FakeEvaluation
from tests.kit.records import RUN_ID


def deployed(status: str) -> FakeEvaluation:
    run = FakeEvaluation().at(RunStatus.TRAINING)
    run.deployments.status = status
    run.deploy()
    return run


@pytest.mark.parametrize("status", ["Creating", "Active"])
def test_a_deployment_is_awaited_until_it_is_active(status: str) -> None:
    assert deployed(status).check() == status


def test_a_failed_deployment_says_why() -> None:
    run = deployed("Creating")
    run.deployments.move(RUN_ID, status="Failed", failure="no capacity")
    with pytest.raises(DeploymentFailed, match="no capacity"):
        run.check()


@pytest.mark.parametrize("gone", [False, True])
def test_a_hanging_or_missing_deployment_fails_after_an_hour(gone: bool) -> None:
    run = deployed("Creating")
    if gone:
        run.deployments.deployments.clear()
    assert run.check() == "Creating"
    run.ledger._clock.advance(minutes=0)  # type: ignore[attr-defined]
    run.clock.advance(minutes=61)
    with pytest.raises(DeploymentFailed, match="60 minutes"):
        run.check()


def test_a_run_that_has_ended_is_refused() -> None:
    run = deployed("Active")
    run.ledger.transition(RUN_ID, RunStatus.COMPLETED)
    with pytest.raises(TransitionRefused):
        run.check()
