from __future__ import annotations

import pytest

from rft.contracts.ledger import RunStatus
from rft.steps.wake_runs import wake_runs
from tests.kit.fake_run import FakeRun
from tests.kit.records import RUN_ID

S = RunStatus


def wake(fake_run: FakeRun, job_name: str = RUN_ID) -> list[str]:
    return wake_runs(job_name=job_name, ledger=fake_run.ledger, waits=fake_run.ledger, executions=fake_run.executions)


def test_a_run_that_waits_for_its_job_is_woken_once() -> None:
    fake_run = FakeRun(S.TRAINING)
    fake_run.ledger.begin(RUN_ID, "token")
    fake_run.executions.waiting.add("token")
    assert wake(fake_run) == [RUN_ID]
    assert wake(fake_run) == [RUN_ID]
    assert fake_run.executions.outputs == [{"woken": True}]


@pytest.mark.parametrize("status", [S.STARTING, S.TRAINING])
def test_a_run_that_is_not_waiting_just_now_is_woken_at_its_next_wait(status: RunStatus) -> None:
    fake_run = FakeRun(status)
    assert wake(fake_run) == [RUN_ID]
    assert not fake_run.ledger.begin(RUN_ID, "token")


@pytest.mark.parametrize("status", [S.EVALUATING, S.COMPLETED, S.CANCELLED])
def test_a_run_that_polls_no_job_is_left_alone(status: RunStatus) -> None:
    fake_run = FakeRun(status)
    assert wake(fake_run) == []
    assert fake_run.ledger.begin(RUN_ID, "token")


def test_a_job_that_is_no_runs_wakes_nobody() -> None:
    assert wake(FakeRun(S.TRAINING), "somebody-elses-job") == []
