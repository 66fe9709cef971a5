from __future__ import annotations

import pytest

from rft.errors import DeploymentFailed
from rft.evaluation.deployment import judge_deployment
from tests.kit.fake_judge import FakeJudge
from tests.kit.records import RUN_ID

NAME = judge_deployment(RUN_ID)


def test_an_active_judge_is_ready() -> None:
    run = FakeJudge()
    run.deploy()
    run.deployments.move(NAME, status="Creating")
    assert run.check() == "Creating"
    run.deployments.move(NAME, status="Active")
    assert run.check() == "Active"


def test_a_failed_judge_deployment_gives_its_reason() -> None:
    run = FakeJudge()
    run.deploy()
    run.deployments.move(NAME, status="Failed", failure="no capacity")
    with pytest.raises(DeploymentFailed, match="no capacity"):
        run.check()


def test_a_judge_is_waited_for_an_hour_at_most() -> None:
    run = FakeJudge()
    run.deploy()
    run.deployments.move(NAME, status="Creating")
    run.clock.advance(minutes=61)
    with pytest.raises(DeploymentFailed, match="after 60 minutes"):
        run.check()


def test_a_run_without_a_judge_is_refused() -> None:
    with pytest.raises(DeploymentFailed, match="no judge was deployed"):
        FakeJudge().check()
