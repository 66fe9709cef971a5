from __future__ import annotations

import json

import pytest

from rft.contracts.ledger import RunRecord, RunStatus
from rft.errors import RetryableThrottling
from rft.runs.status import TERMINAL
from rft.steps.reconcile_run import reconcile_run
from rft.steps.record_outcome import record_outcome
from tests.kit.fake_run import FakeRun
from tests.kit.records import RUN_ID

S = RunStatus
OPEN = sorted(set(S) - TERMINAL - {S.EVALUATING})


def reconcile(
    fake_run: FakeRun, status: str = "ABORTED", error: str = "", cause: str = "", run_id: str = RUN_ID
) -> RunRecord | None:
    return reconcile_run(
        run_id=run_id,
        status=status,
        error=error,
        cause=cause,
        ledger=fake_run.ledger,
        jobs=fake_run.jobs,
        deployments=fake_run.deployments,
        records=fake_run.records,
        notifier=fake_run.notifier,
    )


@pytest.mark.parametrize("stage", OPEN)
@pytest.mark.parametrize(
    ("execution", "status", "error"),
    [
        ("ABORTED", S.CANCELLED, "ExecutionAborted"),
        ("TIMED_OUT", S.FAILED, "ExecutionTimedOut"),
        ("FAILED", S.FAILED, "ExecutionFailed"),
        ("SUCCEEDED", S.FAILED, "OutcomeMissing"),
    ],
)
def test_an_open_run_is_closed_and_announced(stage: RunStatus, execution: str, status: RunStatus, error: str) -> None:
    fake_run = FakeRun(stage)
    record = reconcile(fake_run, execution)
    assert record is not None
    assert record.failure is not None
    assert (record.status, record.failure.error, record.failure.stage) == (status, error, stage)
    assert (record.notified, len(fake_run.messages)) == (True, 1)


@pytest.mark.parametrize("recorded", [True, False])
def test_a_running_job_is_stopped(recorded: bool) -> None:
    fake_run = FakeRun(S.TRAINING if recorded else S.STARTING).with_job(recorded=recorded)
    reconcile(fake_run)
    assert fake_run.job_status == "Stopping"


def test_the_executions_cause_is_recorded_in_readable_form() -> None:
    cause = json.dumps({"errorMessage": "no such function", "errorType": "X", "stackTrace": []})
    failed = reconcile(FakeRun(S.PREPARING), "FAILED", "Lambda.ResourceNotFoundException", cause)
    aborted = reconcile(FakeRun(S.PREPARING), "ABORTED", "Maintenance", "quota is needed")
    assert failed is not None
    assert failed.failure is not None
    assert (failed.failure.error, failed.failure.cause) == ("Lambda.ResourceNotFoundException", "no such function")
    assert aborted is not None
    assert aborted.failure is not None
    assert "quota is needed" in aborted.failure.cause


def test_a_recorded_end_is_unchanged_and_announced_once() -> None:
    fake_run = FakeRun(S.TRAINING).with_job()
    record_outcome(
        run_id=RUN_ID,
        status=S.FAILED,
        error="E",
        cause="C",
        jobs=fake_run.jobs,
        deployments=fake_run.deployments,
        records=fake_run.records,
        ledger=fake_run.ledger,
        notifier=fake_run.notifier,
    )
    ended = fake_run.record
    assert reconcile(fake_run, "FAILED", "E", "C") == ended
    assert len(fake_run.messages) == 1


def test_a_message_that_failed_at_the_end_is_sent() -> None:
    fake_run = FakeRun(S.STARTING)
    fake_run.notifier.fails_with = [RetryableThrottling("slow down")]
    with pytest.raises(RetryableThrottling):
        record_outcome(
            run_id=RUN_ID,
            status=S.FAILED,
            error="E",
            cause="C",
            jobs=fake_run.jobs,
            deployments=fake_run.deployments,
            records=fake_run.records,
            ledger=fake_run.ledger,
            notifier=fake_run.notifier,
        )
    reconcile(fake_run, "FAILED", "E", "C")
    assert [message["cause"] for message in fake_run.messages] == ["C"]


def test_a_job_left_behind_by_an_ended_run_is_stopped() -> None:
    fake_run = FakeRun(S.STARTING).with_job(recorded=False)
    fake_run.ledger.transition(RUN_ID, S.CANCELLED)
    reconcile(fake_run)
    assert fake_run.job_status == "Stopping"


def test_a_completed_run_is_unchanged() -> None:
    fake_run = FakeRun(S.COMPLETED)
    fake_run.jobs.create({"jobName": RUN_ID})
    reconcile(fake_run)
    assert (fake_run.jobs.stops, fake_run.messages) == ([], [])


@pytest.mark.parametrize("port", ["jobs", "notifier"])
def test_a_repeat_completes_the_missing_parts(port: str) -> None:
    fake_run = FakeRun(S.TRAINING).with_job()
    if port == "jobs":
        fake_run.jobs.fails_with["stop"] = [RetryableThrottling("slow down")]
    else:
        fake_run.notifier.fails_with = [RetryableThrottling("slow down")]
    with pytest.raises(RetryableThrottling):
        reconcile(fake_run)
    reconcile(fake_run)
    reconcile(fake_run)
    assert (fake_run.record.status, fake_run.job_status, len(fake_run.messages)) == (S.CANCELLED, "Stopping", 1)


def test_an_execution_of_no_run_is_ignored() -> None:
    fake_run = FakeRun(S.PENDING)
    assert reconcile(fake_run, run_id="by-hand") is None
    assert fake_run.messages == []


@pytest.mark.parametrize(
    ("execution", "status"), [("ABORTED", "cancelled"), ("TIMED_OUT", "failed"), ("FAILED", "failed")]
)
def test_a_run_in_evaluation_completes_without_its_evaluation(execution: str, status: str) -> None:
    fake_run = FakeRun(S.EVALUATING).with_deployment()
    record = reconcile(fake_run, execution)

    assert record is not None
    assert record.evaluation is not None
    assert (record.status, record.model_arn, record.evaluation.status) == (S.COMPLETED, "arn:m", status)
    assert fake_run.deployments.deployments == {}
