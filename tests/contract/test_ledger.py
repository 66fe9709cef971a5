"""The ledger in memory and the one in DynamoDB keep the same promises."""

from __future__ import annotations

from datetime import timedelta

import pytest

from rft.contracts.checks import Check, CheckResult
from rft.contracts.dataset import Recommendation
from rft.contracts.job import JobStatus, Phases, PhaseStatus
from rft.contracts.ledger import Failure, JobSummary, RunStatus, UploadRejection
from rft.contracts.smoke_test import SmokeTestSummary
from rft.errors import RunConflict, RunNotFound, TransitionRefused
from rft.runs.status import TERMINAL
from tests.kit.fakes.clock import FixedClock
from tests.kit.fakes.stores import Stores
from tests.kit.ledger_runs import S, await_approval, decision
from tests.kit.records import RUN_ID, add_run, run_record


def test_a_run_is_read_back_as_it_was_written(ledger: Stores) -> None:
    record = run_record(tags={"team": "search", "empty": ""}, max_training_hours=1.5)
    assert ledger.create(record) == record
    assert ledger.get(RUN_ID) == record


def test_a_run_with_reused_results_can_be_changed(ledger: Stores) -> None:
    proven = SmokeTestSummary(trusted=True, reasons=(), checks=(), mean_right=1, mean_wrong=0, report_uri="s3://b/s")
    ledger.create(run_record().model_copy(update={"smoke_test": proven}))
    ledger.transition(RUN_ID, S.PREPARING)
    assert ledger.get(RUN_ID).smoke_test == proven


def test_the_same_run_twice_is_one_run(ledger: Stores) -> None:
    first = ledger.create(run_record())
    ledger.transition(RUN_ID, S.PREPARING)
    again = ledger.create(run_record(at=first.created_at + timedelta(seconds=9)))
    assert (again.status, again.created_at) == (S.PREPARING, first.created_at)
    assert len(ledger.events(RUN_ID)) == 2


def test_a_run_id_with_another_request_is_a_conflict(ledger: Stores) -> None:
    ledger.create(run_record())
    with pytest.raises(RunConflict, match=RUN_ID):
        ledger.create(run_record(mode="preflight"))


def test_a_key_returns_its_run_whatever_the_new_id(ledger: Stores) -> None:
    ledger.create(run_record(), key="order-7")
    assert ledger.create(run_record("pandalm-judge-other-00000000"), key="order-7").run_id == RUN_ID
    with pytest.raises(RunNotFound):
        ledger.get("pandalm-judge-other-00000000")


def test_a_key_with_another_request_is_a_conflict_and_adds_nothing(ledger: Stores) -> None:
    ledger.create(run_record(), key="order-7")
    with pytest.raises(RunConflict):
        ledger.create(run_record("pandalm-judge-other-00000000", mode="preflight"), key="order-7")
    assert [r.run_id for r in ledger.page().records] == [RUN_ID]


def test_different_keys_are_different_runs(ledger: Stores) -> None:
    ledger.create(run_record("pandalm-judge-a-00000001"), key="a")
    ledger.create(run_record("pandalm-judge-b-00000002"), key="b")
    assert len(ledger.page().records) == 2


def test_a_transition_writes_status_fields_and_an_event(ledger: Stores, clock: FixedClock) -> None:
    ledger.create(run_record())
    clock.advance(minutes=1)
    ledger.transition(RUN_ID, S.PREPARING)
    clock.advance(minutes=1)
    changed = ledger.transition(RUN_ID, S.SMOKE_TESTING, detail="grader live", changes={"grader_arn": "arn:g"})
    assert changed == ledger.get(RUN_ID)
    assert (changed.status, changed.grader_arn, changed.updated_at) == (S.SMOKE_TESTING, "arn:g", clock.now())
    events = ledger.events(RUN_ID)
    assert [(e.before, e.after, e.detail) for e in events] == [
        (None, S.PENDING, ""),
        (S.PENDING, S.PREPARING, ""),
        (S.PREPARING, S.SMOKE_TESTING, "grader live"),
    ]
    assert events[2].at - events[0].at == timedelta(minutes=2)


def test_summaries_of_every_step_survive(ledger: Stores) -> None:
    add_run(ledger, S.STARTING)
    changes = {
        "hyperparameters": {
            "learningRate": Recommendation(value=1e-07, source="task", reason="low"),
            "batchSize": Recommendation(value=16, source="request", reason="asked"),
            "reasoningEffort": Recommendation(value="high", source="task", reason="hard"),
        },
        "smoke_test": SmokeTestSummary(
            trusted=True,
            reasons=(),
            checks=(Check(name="order", result=CheckResult.PASS, detail="ok", n=10, value=0.1 + 0.2).short(),),
            mean_right=1.0,
            mean_wrong=None,
            report_uri="s3://data-bucket/runs/x/smoke_test.json",
        ),
        "job": JobSummary(
            arn="arn:j",
            status=JobStatus.IN_PROGRESS,
            phases=Phases(training=PhaseStatus.NOT_STARTED),
            hours=0.0,
        ),
    }
    ledger.transition(RUN_ID, S.TRAINING, changes=changes)
    found = ledger.get(RUN_ID)
    assert {name: getattr(found, name) for name in changes} == changes


def test_a_repeated_status_writes_fields_without_an_event(ledger: Stores) -> None:
    add_run(ledger, S.PREPARING)
    before = ledger.events(RUN_ID)
    ledger.transition(RUN_ID, S.PREPARING, changes={"grader_arn": "arn:g"})
    assert ledger.get(RUN_ID).grader_arn == "arn:g"
    assert ledger.events(RUN_ID) == before


@pytest.mark.parametrize("status", sorted(TERMINAL))
def test_an_ended_run_refuses_writes(ledger: Stores, status: RunStatus) -> None:
    ended = add_run(ledger, status)
    events = ledger.events(RUN_ID)
    for to in RunStatus:
        with pytest.raises(TransitionRefused, match=RUN_ID):
            ledger.transition(RUN_ID, to)
    with pytest.raises(TransitionRefused, match=RUN_ID):
        ledger.update(RUN_ID, {"model_arn": "arn:m"})
    assert ledger.get(RUN_ID) == ended
    assert ledger.events(RUN_ID) == events


def test_a_failure_keeps_the_model_that_was_recorded(ledger: Stores) -> None:
    add_run(ledger, S.TRAINING)
    ledger.update(RUN_ID, {"model_arn": "arn:m"})
    failure = Failure(stage=S.TRAINING, error="TrainingJobFailed", cause="line 1\nline “2”")
    record = ledger.transition(RUN_ID, S.FAILED, changes={"failure": failure})
    assert (record.failure, record.model_arn) == (failure, "arn:m")


def test_an_ended_run_is_announced_by_one_caller(ledger: Stores) -> None:
    ended = add_run(ledger, S.FAILED)
    assert [ledger.mark_notified(RUN_ID) for _ in range(3)] == [True, False, False]
    assert ledger.get(RUN_ID) == ended.model_copy(update={"notified": True})


def test_an_open_run_is_not_announced(ledger: Stores) -> None:
    add_run(ledger, S.TRAINING)
    with pytest.raises(TransitionRefused, match="TRAINING"):
        ledger.mark_notified(RUN_ID)


def test_the_first_decision_on_a_waiting_run_counts(ledger: Stores, clock: FixedClock) -> None:
    await_approval(ledger, clock)
    first = ledger.decide(RUN_ID, decision())
    assert first.approval is not None
    assert first.approval.decision == decision()
    assert ledger.get(RUN_ID) == first
    assert ledger.decide(RUN_ID, decision(by="Bob")) == first
    with pytest.raises(TransitionRefused, match="already"):
        ledger.decide(RUN_ID, decision(approved=False))
    assert ledger.get(RUN_ID) == first


def test_a_run_that_awaits_no_approval_refuses_a_decision(ledger: Stores, clock: FixedClock) -> None:
    await_approval(ledger, clock)
    ended = ledger.transition(RUN_ID, S.CANCELLED)
    with pytest.raises(TransitionRefused, match="CANCELLED"):
        ledger.decide(RUN_ID, decision())
    assert ledger.get(RUN_ID) == ended


def test_the_newest_task_token_counts_and_no_record_shows_it(ledger: Stores) -> None:
    record = add_run(ledger, S.SMOKE_TESTING)
    with pytest.raises(RunNotFound):
        ledger.token(RUN_ID)
    ledger.save_token(RUN_ID, "t1")
    ledger.save_token(RUN_ID, "t2")
    assert ledger.token(RUN_ID) == "t2"
    assert ledger.get(RUN_ID) == record
    assert len(ledger.events(RUN_ID)) == 3


def test_the_first_rejection_of_an_upload_is_kept(ledger: Stores, clock: FixedClock) -> None:
    def rejection(problem: str, version: str = "v1") -> UploadRejection:
        return UploadRejection(bucket="b", key="uploads/x", version=version, at=clock.now(), problems=(problem,))

    assert ledger.rejection("b", "uploads/x", "v1") is None
    assert ledger.reject(rejection("one")) == rejection("one")
    assert ledger.reject(rejection("two")) == rejection("one")
    assert ledger.rejection("b", "uploads/x", "v1") == rejection("one")
    assert ledger.reject(rejection("three", "v2")) == rejection("three", "v2")
    assert ledger.page().records == ()


def test_an_unknown_run_is_an_error_everywhere(ledger: Stores) -> None:
    for attempt in (
        lambda: ledger.get(RUN_ID),
        lambda: ledger.events(RUN_ID),
        lambda: ledger.transition(RUN_ID, S.PREPARING),
        lambda: ledger.update(RUN_ID, {"model_arn": "arn:m"}),
        lambda: ledger.mark_notified(RUN_ID),
        lambda: ledger.decide(RUN_ID, decision()),
        lambda: ledger.token(RUN_ID),
    ):
        with pytest.raises(RunNotFound, match=RUN_ID):
            attempt()


def test_an_unknown_field_is_refused(ledger: Stores) -> None:
    add_run(ledger, S.PREPARING)
    with pytest.raises(ValueError, match="grader_name"):
        ledger.update(RUN_ID, {"grader_name": "pandalm"})
