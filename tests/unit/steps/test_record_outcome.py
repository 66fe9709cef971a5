from __future__ import annotations

import json
from typing import Any

import pytest

from rft.contracts.evaluation import EvaluationSummary
from rft.contracts.ledger import Failure, RunRecord, RunStatus
from rft.errors import RetryableThrottling, RunNotFound, TransitionRefused
from rft.runs.finish_run import finish_run
from rft.steps.record_outcome import record_outcome
from rft.training.deadline import JobTime, job_summary
from tests.kit.fakes.clock import FixedClock
from tests.kit.fakes.jobs import MemoryJobs
from tests.kit.fakes.ledger import MemoryLedger
from tests.kit.fakes.models import MemoryDeploymentRecords, MemoryDeployments
from tests.kit.fakes.notifier import MemoryNotifier
from tests.kit.records import ADA, RUN_ID, add_run, run_record
from tests.kit.reward_curves import curve

S = RunStatus
CAUSE = json.dumps({"errorMessage": "the role is odd", "errorType": "JobRequestInvalid", "stackTrace": ["x"]})


class FakeEnd:
    def __init__(self, status: RunStatus, **request: Any) -> None:
        self.clock = FixedClock()
        self.ledger = MemoryLedger(self.clock)
        self.jobs = MemoryJobs(self.clock)
        self.deployments = MemoryDeployments()
        self.records = MemoryDeploymentRecords()
        self.notifier = MemoryNotifier()
        add_run(self.ledger, status, **request)

    def with_job(self, *, recorded: bool) -> FakeEnd:
        arn = self.jobs.create({"jobName": RUN_ID})
        if recorded:
            self.ledger.update(RUN_ID, {"job": job_summary(self.jobs.get(arn), time=JobTime(1), checks=3)})
        return self

    def end(self, status: RunStatus, error: str = "", cause: str = "") -> RunRecord:
        return record_outcome(
            run_id=RUN_ID,
            status=status,
            error=error,
            cause=cause,
            jobs=self.jobs,
            deployments=self.deployments,
            records=self.records,
            ledger=self.ledger,
            notifier=self.notifier,
        )

    @property
    def messages(self) -> list[dict[str, Any]]:
        return [message for _, message in self.notifier.sent]


def test_a_completed_run_keeps_its_model_and_sends_no_message() -> None:
    fake = FakeEnd(S.TRAINING).with_job(recorded=True)
    fake.ledger.update(RUN_ID, {"model_arn": "arn:m"})
    record = fake.end(S.COMPLETED)
    assert (record.status, record.model_arn, record.failure) == (S.COMPLETED, "arn:m", None)
    assert (fake.messages, fake.jobs.stops) == ([], [])


def test_a_preflight_run_completes_from_the_gate() -> None:
    assert FakeEnd(S.SMOKE_TESTING).end(S.COMPLETED).status is S.COMPLETED


def test_a_failure_is_recorded_with_stage_and_cause_and_notified() -> None:
    fake = FakeEnd(S.TRAINING).with_job(recorded=True)
    record = fake.end(S.FAILED, "JobRequestInvalid", CAUSE)
    assert record.failure == Failure(stage=S.TRAINING, error="JobRequestInvalid", cause="the role is odd")
    assert record.notified
    assert record.job is not None
    assert fake.notifier.sent == [
        (
            f"RFT run {RUN_ID}: FAILED",
            {
                "run_id": RUN_ID,
                "status": "FAILED",
                "stage": "TRAINING",
                "error": "JobRequestInvalid",
                "cause": "the role is odd",
                "ended_by": None,
                "requested_by": ADA.model_dump(),
                "name": "pandalm-judge",
                "job_arn": record.job.arn,
                "model_arn": None,
                "reward": None,
                "verdict": None,
                "cost_so_far_usd": {"known": 0.0, "unknown": ("training",)},
                "simulated": False,
            },
        )
    ]
    assert json.loads(json.dumps(fake.messages[0]))["cause"] == "the role is odd"


@pytest.mark.parametrize(("on", "messages"), [(["COMPLETED"], 1), ([], 0), (None, 0)])
def test_a_request_says_which_ends_are_announced(on: list[str] | None, messages: int) -> None:
    fake = FakeEnd(S.TRAINING, notify={"on": on}).with_job(recorded=True)
    record = fake.end(S.COMPLETED)
    assert (len(fake.messages), record.notified) == (messages, bool(messages))


def test_the_stack_says_which_ends_are_announced_by_default() -> None:
    fake = FakeEnd(S.TRAINING).with_job(recorded=True)
    fake.notifier.ends = frozenset({"COMPLETED"})
    fake.end(S.COMPLETED)
    assert [message["status"] for message in fake.messages] == ["COMPLETED"]


@pytest.mark.parametrize("recorded", [True, False])
def test_a_job_is_stopped_whether_or_not_the_ledger_knows_it(recorded: bool) -> None:
    fake = FakeEnd(S.TRAINING if recorded else S.STARTING).with_job(recorded=recorded)
    fake.end(S.FAILED, "States.Timeout")
    assert fake.jobs.jobs[RUN_ID].status == "Stopping"


def test_a_rejected_run_makes_no_call_to_bedrock() -> None:
    fake = FakeEnd(S.SMOKE_TESTING)
    fake.jobs.fails_with["stop"] = [RetryableThrottling("slow down")]
    record = fake.end(S.REJECTED, "GraderNotTrusted", "right answers earn 0.2")
    assert record.failure == Failure(stage=S.SMOKE_TESTING, error="GraderNotTrusted", cause="right answers earn 0.2")
    assert len(fake.messages) == 1


def test_a_run_without_a_job_ends_normally() -> None:
    assert FakeEnd(S.STARTING).end(S.FAILED, "JobRequestInvalid").status is S.FAILED


def test_a_repeat_changes_nothing_and_notifies_once() -> None:
    fake = FakeEnd(S.STARTING)
    first = fake.end(S.FAILED, "E", "first")
    assert fake.end(S.FAILED, "E", "second") == first
    assert len(fake.messages) == 1


def test_a_message_that_could_not_be_sent_is_sent_by_the_repeat() -> None:
    fake = FakeEnd(S.STARTING)
    fake.notifier.fails_with = [RetryableThrottling("slow down")]
    with pytest.raises(RetryableThrottling):
        fake.end(S.FAILED, "E", "first")
    assert (fake.ledger.get(RUN_ID).status, fake.ledger.get(RUN_ID).notified) == (S.FAILED, False)
    assert fake.end(S.FAILED, "E", "second").notified
    assert [message["cause"] for message in fake.messages] == ["first"]


def test_a_job_that_could_not_be_stopped_leaves_the_run_open_for_a_retry() -> None:
    fake = FakeEnd(S.TRAINING).with_job(recorded=True)
    fake.jobs.fails_with["stop"] = [RetryableThrottling("slow down")]
    with pytest.raises(RetryableThrottling):
        fake.end(S.FAILED, "E")
    assert (fake.ledger.get(RUN_ID).status, fake.messages) == (S.TRAINING, [])
    fake.end(S.FAILED, "E")
    assert (fake.jobs.jobs[RUN_ID].status, len(fake.messages)) == ("Stopping", 1)


@pytest.mark.parametrize("late", [S.FAILED, S.COMPLETED])
def test_the_first_end_counts(late: RunStatus) -> None:
    fake = FakeEnd(S.TRAINING).with_job(recorded=True)
    fake.end(S.CANCELLED, "Cancelled", "by ops")
    ended = fake.ledger.get(RUN_ID)
    assert fake.end(late, "E", "late") == ended
    assert [message["status"] for message in fake.messages] == ["CANCELLED"]


def test_an_end_that_the_status_table_forbids_raises() -> None:
    fake = FakeEnd(S.PREPARING)
    with pytest.raises(TransitionRefused):
        fake.end(S.COMPLETED)


def test_an_unknown_run_raises() -> None:
    fake = FakeEnd(S.PREPARING)
    fake.ledger.records.clear()
    with pytest.raises(RunNotFound):
        fake.end(S.FAILED)


def evaluating(*, recorded: bool = True) -> FakeEnd:
    fake = FakeEnd(S.EVALUATING)
    arn = fake.deployments.create(RUN_ID, "arn:m", tags={}, token=RUN_ID)
    if recorded:
        fake.ledger.update(RUN_ID, {"evaluation": EvaluationSummary(status="running", deployment_arn=arn)})
    return fake


@pytest.mark.parametrize("recorded", [True, False])
def test_an_evaluation_that_fails_leaves_a_completed_run_and_no_deployment(recorded: bool) -> None:
    fake = evaluating(recorded=recorded)
    record = fake.end(S.COMPLETED, "DeploymentFailed", "no capacity")

    assert record.evaluation is not None
    assert (record.status, record.failure) == (S.COMPLETED, None)
    assert (record.evaluation.status, record.evaluation.reason) == ("failed", "DeploymentFailed: no capacity")
    assert fake.deployments.deployments == {}


def test_a_completed_evaluation_is_unchanged() -> None:
    fake = evaluating()
    done = EvaluationSummary(status="completed", verdict="better")
    fake.ledger.update(RUN_ID, {"evaluation": done})

    assert fake.end(S.COMPLETED, "RetryableQuota", "full").evaluation == done
    assert fake.deployments.deployments == {}


def test_an_evaluation_that_began_during_the_read_is_ended() -> None:
    fake = FakeEnd(S.TRAINING)
    stale = fake.ledger.get(RUN_ID)
    fake.ledger.transition(RUN_ID, S.EVALUATING)
    record = finish_run(stale, S.CANCELLED, error="RunCancelled", cause="by Ada", ledger=fake.ledger)

    assert record.evaluation is not None
    assert (record.status, record.evaluation.status) == (S.COMPLETED, "cancelled")


def test_a_deployment_that_cannot_be_deleted_yet_is_deleted_by_a_repeat() -> None:
    fake = evaluating()
    fake.deployments.fails_with["delete"] = [RetryableThrottling("slow down")]
    with pytest.raises(RetryableThrottling):
        fake.end(S.COMPLETED)
    assert fake.ledger.get(RUN_ID).status is S.COMPLETED
    fake.end(S.COMPLETED)
    assert fake.deployments.deployments == {}


def test_a_pilot_ends_with_its_result() -> None:
    fake = FakeEnd(S.TRAINING).with_job(recorded=True)
    record = fake.ledger.records[RUN_ID]
    fake.ledger.records[RUN_ID] = record.model_copy(update={"request": run_record(mode="pilot").request})
    fake.ledger.update(RUN_ID, {"metrics": curve([0.2 + 0.08 * step for step in range(7)])})
    ended = fake.end(S.COMPLETED)
    assert ended.pilot is not None
    assert ended.pilot.verdict == "worthwhile"
