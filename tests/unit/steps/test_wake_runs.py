from __future__ import annotations

import pytest

from rft.contracts.ledger import RunStatus
from rft.steps.wake_runs import wake_runs
from rft.training.queue import queue_place
from tests.kit.fake_run import FakeRun
from tests.kit.records import RUN_ID, path_to, run_record

S = RunStatus


OTHER = "gsm8k-base-20261120t110000-5d6e7f80"
THIRD = "gsm8k-late-20261120t130000-9a8b7c6d"


def wake(fake_run: FakeRun, job_name: str = RUN_ID, *, ended: bool = True) -> list[str]:
    ledger = fake_run.ledger
    return wake_runs(
        job_name=job_name, ended=ended, ledger=ledger, queue=ledger, waits=ledger, executions=fake_run.executions
    )


def queue_up(fake_run: FakeRun, run_id: str) -> None:
    ledger, record = fake_run.ledger, run_record(run_id)
    ledger.create(record)
    for step in path_to(S.SMOKE_TESTING):
        ledger.transition(run_id, step)
    fake_run.clock.advance(seconds=1)
    ledger.transition(run_id, S.STARTING, changes={"queue": queue_place(record, fake_run.clock.now())})


def test_a_run_that_waits_for_its_job_is_woken_once() -> None:
    fake_run = FakeRun(S.TRAINING)
    fake_run.ledger.begin(RUN_ID, "token")
    fake_run.executions.waiting.add("token")
    assert wake(fake_run) == [RUN_ID]
    assert wake(fake_run) == [RUN_ID]
    assert fake_run.executions.outputs == [{"woken": True}]


@pytest.mark.parametrize("status", [S.STARTING, S.TRAINING])
def test_a_run_that_is_not_waiting_is_woken_at_its_next_wait(status: RunStatus) -> None:
    fake_run = FakeRun(status)
    assert wake(fake_run) == [RUN_ID]
    assert not fake_run.ledger.begin(RUN_ID, "token")


@pytest.mark.parametrize("status", [S.EVALUATING, S.COMPLETED, S.CANCELLED])
def test_a_run_that_polls_no_job_is_not_woken(status: RunStatus) -> None:
    fake_run = FakeRun(status)
    assert wake(fake_run) == []
    assert fake_run.ledger.begin(RUN_ID, "token")


def test_a_foreign_job_wakes_only_the_first_run_in_the_queue() -> None:
    fake_run = FakeRun(S.TRAINING)
    assert wake(fake_run, "somebody-elses-job") == []
    queue_up(fake_run, OTHER)
    queue_up(fake_run, THIRD)
    assert wake(fake_run, "somebody-elses-job") == [OTHER]


def test_a_job_that_has_ended_wakes_its_run_and_the_first_in_the_queue() -> None:
    fake_run = FakeRun(S.TRAINING)
    queue_up(fake_run, OTHER)
    assert wake(fake_run) == [RUN_ID, OTHER]


def test_a_job_that_has_begun_wakes_the_next_run_in_the_queue() -> None:
    fake_run = FakeRun(S.TRAINING)
    queue_up(fake_run, OTHER)
    queue_up(fake_run, THIRD)
    assert wake(fake_run, OTHER, ended=False) == [THIRD]
    fake_run.ledger.transition(OTHER, S.TRAINING)
    assert wake(fake_run, OTHER, ended=False) == [THIRD]
