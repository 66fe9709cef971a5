from __future__ import annotations

import pytest

from rft.contracts.ledger import Failure, RunRecord, RunStatus
from rft.errors import RetryableThrottling, RunNotFound, TransitionRefused
from rft.runs.status import TERMINAL
from rft.steps.api.cancel_run import cancel_run
from tests.kit.fake_run import FakeRun
from tests.kit.records import ADA, RUN_ID

S = RunStatus
OPEN = sorted(set(S) - TERMINAL - {S.EVALUATING})


def cancel(fake_run: FakeRun, run_id: str = RUN_ID) -> RunRecord:
    return cancel_run(
        run_id=run_id,
        caller=ADA,
        ledger=fake_run.ledger,
        executions=fake_run.executions,
        jobs=fake_run.jobs,
        deployments=fake_run.deployments,
        records=fake_run.records,
        notifier=fake_run.notifier,
    )


@pytest.mark.parametrize("status", OPEN)
def test_an_open_run_is_cancelled_with_its_execution_and_announced(status: RunStatus) -> None:
    fake_run = FakeRun(status)
    record = cancel(fake_run)
    assert (record.status, record.notified) == (S.CANCELLED, True)
    assert record.failure == Failure(stage=status, error="RunCancelled", cause="cancelled through the API", caller=ADA)
    assert fake_run.executions.ended[RUN_ID].status == "ABORTED"
    assert [message["status"] for message in fake_run.messages] == ["CANCELLED"]


@pytest.mark.parametrize("recorded", [True, False])
def test_its_job_is_stopped_whether_or_not_the_ledger_knows_it(recorded: bool) -> None:
    fake_run = FakeRun(S.TRAINING if recorded else S.STARTING).with_job(recorded=recorded)
    cancel(fake_run)
    assert fake_run.job_status == "Stopping"


def test_the_ledger_is_updated_first_so_a_starting_job_is_refused() -> None:
    fake_run = FakeRun(S.STARTING)
    fake_run.executions.fails_with = [RetryableThrottling("slow down")]
    with pytest.raises(RetryableThrottling):
        cancel(fake_run)
    with pytest.raises(TransitionRefused):
        fake_run.ledger.transition(RUN_ID, S.TRAINING)


@pytest.mark.parametrize("port", ["executions", "jobs", "notifier"])
def test_a_repeat_completes_the_cancel_and_notifies_once(port: str) -> None:
    fake_run = FakeRun(S.TRAINING).with_job()
    fault = [RetryableThrottling("slow down")]
    if port == "jobs":
        fake_run.jobs.fails_with["stop"] = list(fault)
    else:
        getattr(fake_run, port).fails_with = fault
    with pytest.raises(RetryableThrottling):
        cancel(fake_run)
    records = [cancel(fake_run) for _ in range(2)]
    assert records[0] == records[1]
    assert (records[0].status, fake_run.job_status, len(fake_run.messages)) == (S.CANCELLED, "Stopping", 1)
    assert fake_run.executions.ended[RUN_ID].status == "ABORTED"


@pytest.mark.parametrize("status", sorted(TERMINAL - {S.CANCELLED}))
def test_a_run_that_ended_otherwise_is_unchanged(status: RunStatus) -> None:
    fake_run = FakeRun(status)
    before = fake_run.record
    with pytest.raises(TransitionRefused, match=status):
        cancel(fake_run)
    assert (fake_run.record, fake_run.messages, fake_run.executions.ended) == (before, [], {})


def test_a_run_that_was_never_started_can_be_cancelled() -> None:
    fake_run = FakeRun(S.PENDING)
    fake_run.executions.started.clear()
    assert cancel(fake_run).status is S.CANCELLED


def test_an_unknown_run_is_unknown() -> None:
    with pytest.raises(RunNotFound):
        cancel(FakeRun(S.PENDING), "pandalm-judge-other-00000000")


def test_a_run_in_evaluation_keeps_its_model_without_its_deployment() -> None:
    fake_run = FakeRun(S.EVALUATING).with_deployment()
    records = [cancel(fake_run) for _ in range(2)]

    assert records[0] == records[1]
    assert (records[0].status, records[0].model_arn, records[0].failure) == (S.COMPLETED, "arn:m", None)
    assert records[0].evaluation is not None
    assert (records[0].evaluation.status, records[0].evaluation.reason) == (
        "cancelled",
        "RunCancelled: cancelled through the API",
    )
    assert fake_run.executions.ended[RUN_ID].status == "ABORTED"
    assert fake_run.deployments.deployments == {}


def test_a_repeated_cancel_deletes_the_deployment_that_remained() -> None:
    fake_run = FakeRun(S.EVALUATING).with_deployment()
    fake_run.deployments.fails_with["delete"] = [RetryableThrottling("slow down")]
    with pytest.raises(RetryableThrottling):
        cancel(fake_run)
    cancel(fake_run)
    assert fake_run.deployments.deployments == {}
