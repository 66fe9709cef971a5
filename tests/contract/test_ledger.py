"""The ledger in memory and the one in DynamoDB keep the same promises."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rft.adapters.dynamodb.ledger_items import record_item
from rft.contracts.breaker import Finding
from rft.contracts.checks import Check, CheckResult
from rft.contracts.dataset import Recommendation
from rft.contracts.http.principal import Principal
from rft.contracts.job import JobStatus, Phases, PhaseStatus
from rft.contracts.ledger import Decision, Failure, JobSummary, RunStatus, UploadRejection
from rft.contracts.metrics import Reading, TrainingMetrics
from rft.contracts.outbound.domain_events import EventKind, StatusChange
from rft.contracts.smoke_test import SmokeTestSummary
from rft.errors import InvalidRequest, RunConflict, RunNotFound, TransitionRefused
from rft.runs.approval import requested
from rft.runs.status import FOLLOWERS, TERMINAL
from tests.kit.fakes.clock import FixedClock
from tests.kit.fakes.dynamo import TABLE, DynamoStores, ledger_table
from tests.kit.fakes.ledger import MemoryLedger
from tests.kit.fakes.stores import Stores
from tests.kit.records import ADA, RUN_ID, add_run, path_to, run_record
from tests.kit.reward_curves import training

S = RunStatus
BOB = Principal(type="iam", id="arn:aws:iam::123456789012:user/bob")


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture(params=["memory", "dynamo"])
def ledger(request: pytest.FixtureRequest, clock: FixedClock) -> Iterator[Stores]:
    if request.param == "memory":
        yield MemoryLedger(clock)
    else:
        with ledger_table() as client:
            yield DynamoStores(client, table=TABLE, clock=clock)


def test_a_run_is_read_back_as_it_was_written(ledger: Stores) -> None:
    record = run_record(tags={"team": "search", "empty": ""}, max_training_hours=1.5)
    assert ledger.create(record) == record
    assert ledger.get(RUN_ID) == record


def test_the_same_run_twice_is_one_run(ledger: Stores) -> None:
    first = ledger.create(run_record())
    ledger.transition(RUN_ID, S.PREPARING)
    again = ledger.create(run_record(at=first.created_at + timedelta(seconds=9)))
    assert (again.status, again.created_at) == (S.PREPARING, first.created_at)
    assert len(ledger.events(RUN_ID)) == 2


def test_a_run_id_of_another_request_is_a_conflict(ledger: Stores) -> None:
    ledger.create(run_record())
    with pytest.raises(RunConflict, match=RUN_ID):
        ledger.create(run_record(mode="preflight"))


def test_a_key_leads_to_its_run_whatever_the_new_id(ledger: Stores) -> None:
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
def test_an_ended_run_takes_no_write(ledger: Stores, status: RunStatus) -> None:
    ended = add_run(ledger, status)
    events = ledger.events(RUN_ID)
    for to in RunStatus:
        with pytest.raises(TransitionRefused, match=RUN_ID):
            ledger.transition(RUN_ID, to)
    with pytest.raises(TransitionRefused, match=RUN_ID):
        ledger.update(RUN_ID, {"model_arn": "arn:m"})
    assert ledger.get(RUN_ID) == ended
    assert ledger.events(RUN_ID) == events


def test_a_failure_is_kept_with_the_model_that_was_there(ledger: Stores) -> None:
    add_run(ledger, S.TRAINING)
    ledger.update(RUN_ID, {"model_arn": "arn:m"})
    failure = Failure(stage=S.TRAINING, error="TrainingJobFailed", cause="line 1\nline “2”")
    record = ledger.transition(RUN_ID, S.FAILED, changes={"failure": failure})
    assert (record.failure, record.model_arn) == (failure, "arn:m")


def test_an_ended_run_is_announced_by_one_caller(ledger: Stores) -> None:
    ended = add_run(ledger, S.FAILED)
    assert [ledger.mark_notified(RUN_ID) for _ in range(3)] == [True, False, False]
    assert ledger.get(RUN_ID) == ended.model_copy(update={"notified": True})


def test_a_run_that_goes_on_is_not_announced(ledger: Stores) -> None:
    add_run(ledger, S.TRAINING)
    with pytest.raises(TransitionRefused, match="TRAINING"):
        ledger.mark_notified(RUN_ID)


def decision(*, approved: bool = True, by: str = "Ada") -> Decision:
    return Decision(approved=approved, by=by, comment="", caller=ADA, at=FixedClock().now())


def await_approval(ledger: Stores, clock: FixedClock) -> None:
    add_run(ledger, S.SMOKE_TESTING)
    approval = requested(("dear",), at=clock.now(), days=7)
    ledger.transition(RUN_ID, S.AWAITING_APPROVAL, changes={"approval": approval})


def test_the_first_answer_to_a_waiting_run_counts(ledger: Stores, clock: FixedClock) -> None:
    await_approval(ledger, clock)
    first = ledger.decide(RUN_ID, decision())
    assert first.approval is not None
    assert first.approval.decision == decision()
    assert ledger.get(RUN_ID) == first
    assert ledger.decide(RUN_ID, decision(by="Bob")) == first
    with pytest.raises(TransitionRefused, match="already"):
        ledger.decide(RUN_ID, decision(approved=False))
    assert ledger.get(RUN_ID) == first


def test_a_run_that_waits_for_nobody_takes_no_answer(ledger: Stores, clock: FixedClock) -> None:
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


def test_the_first_rejection_of_an_upload_stands(ledger: Stores, clock: FixedClock) -> None:
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


def test_a_field_that_is_none_of_a_runs_is_refused(ledger: Stores) -> None:
    add_run(ledger, S.PREPARING)
    with pytest.raises(ValueError, match="grader_name"):
        ledger.update(RUN_ID, {"grader_name": "pandalm"})


def _fill(ledger: Stores, clock: FixedClock, first: int, last: int) -> list[str]:
    added = []
    for number in range(first, last):
        clock.advance(milliseconds=number % 3)  # some runs share their moment
        run_id = f"run-{number:04d}-{number:08x}"
        tags = {"team": "search" if number % 4 == 0 else "ads"}
        ledger.create(run_record(run_id, at=clock.now(), name="even" if number % 2 == 0 else "odd", tags=tags))
        added.append(run_id)
    return added


def test_pages_miss_no_run_and_repeat_none_while_new_ones_arrive(ledger: Stores, clock: FixedClock) -> None:
    there = _fill(ledger, clock, 0, 40)
    seen: list[str] = []
    cursor, fresh = None, 40
    while True:
        page = ledger.page(limit=7, cursor=cursor)
        seen += [record.run_id for record in page.records]
        clock.advance(seconds=1)
        fresh += len(_fill(ledger, clock, fresh, fresh + 3))
        if page.cursor is None:
            break
        cursor = page.cursor
    assert seen == there[::-1]


def test_filters_narrow_the_list(ledger: Stores, clock: FixedClock) -> None:
    ids = _fill(ledger, clock, 0, 12)
    for run_id in ids[:6]:
        ledger.transition(run_id, S.PREPARING)

    def listed(**filters: object) -> list[str]:
        return [record.run_id for record in ledger.page(**filters).records]  # type: ignore[arg-type]

    assert listed(status=S.PREPARING) == ids[5::-1]
    assert listed(name="odd") == ids[11::-2]
    assert listed(name="even", status=S.PENDING) == [ids[10], ids[8], ids[6]]
    assert listed(tag=("team", "search")) == [ids[8], ids[4], ids[0]]
    assert listed(tag=("team", "search"), status=S.PREPARING) == [ids[4], ids[0]]
    assert listed(tag=("team", "none")) == listed(name="none") == listed(status=S.FAILED) == []


def test_a_full_page_that_is_the_last_has_no_cursor(ledger: Stores, clock: FixedClock) -> None:
    _fill(ledger, clock, 0, 3)
    assert ledger.page(limit=3).cursor is None
    assert ledger.page(limit=2).cursor is not None


@pytest.mark.parametrize("cursor", ["x", "%%%", "bm90IG9uZQ", "é"])
def test_a_made_up_cursor_is_refused(ledger: Stores, cursor: str) -> None:
    with pytest.raises(InvalidRequest, match="cursor"):
        ledger.page(cursor=cursor)


def test_both_ledgers_agree_on_every_sequence() -> None:
    clock = FixedClock()
    memory = MemoryLedger(clock)
    numbers = count()

    @settings(max_examples=50, deadline=None)
    @given(choices=st.lists(st.integers(min_value=0, max_value=99), max_size=12))
    def agree(choices: list[int]) -> None:
        run_id = f"run-{next(numbers):06d}"
        for ledger in (memory, dynamo):
            ledger.create(run_record(run_id))
        for choice in choices:
            clock.advance(seconds=1)
            likely = [*sorted(FOLLOWERS[memory.get(run_id).status]) * 2, *RunStatus]
            to = likely[choice % len(likely)]
            assert _outcome(memory, run_id, to) == _outcome(dynamo, run_id, to)
        assert memory.get(run_id) == dynamo.get(run_id)
        assert memory.events(run_id) == dynamo.events(run_id)
        _is_a_path([event.after for event in dynamo.events(run_id)])

    with ledger_table() as client:
        dynamo = DynamoStores(client, table=TABLE, clock=clock)
        agree()


def _outcome(ledger: Stores, run_id: str, to: RunStatus) -> object:
    try:
        return ledger.transition(run_id, to, detail=f"to {to}")
    except TransitionRefused as refused:
        return str(refused)


def _is_a_path(statuses: list[RunStatus]) -> None:
    assert statuses[0] is S.PENDING
    assert all(after in FOLLOWERS[before] for before, after in pairwise(statuses))


@pytest.mark.parametrize("status", list(RunStatus))
def test_every_status_can_be_reached(ledger: Stores, status: RunStatus) -> None:
    assert add_run(ledger, status).status is status
    assert [event.after for event in ledger.events(RUN_ID)] == [S.PENDING, *path_to(status)]


def test_a_list_does_without_what_makes_records_large(ledger: Stores) -> None:
    add_run(ledger, S.TRAINING)
    metrics = TrainingMetrics(rollouts_per_step=64, steps=1, training=(training(1, 0.5),))
    ledger.update(RUN_ID, {"metrics": metrics, "reading": Reading(floor="a", seen=("b",))})
    (found,) = ledger.page().records
    assert (found.metrics, found.reading) == (None, None)
    assert found == ledger.get(RUN_ID).model_copy(update={"metrics": None, "reading": None})
    assert ledger.get(RUN_ID).metrics == metrics


def test_a_change_names_who_caused_it(ledger: Stores, clock: FixedClock) -> None:
    await_approval(ledger, clock)
    ledger.decide(RUN_ID, decision())
    ledger.transition(RUN_ID, S.STARTING)
    ledger.transition(RUN_ID, S.CANCELLED, caller=BOB)
    named = [(event.after, event.caller, event.by) for event in ledger.events(RUN_ID) if event.caller]
    assert named == [(S.PENDING, ADA, ""), (S.STARTING, ADA, "Ada"), (S.CANCELLED, BOB, "")]


def test_a_run_that_ends_against_an_answer_does_not_name_who_gave_it(ledger: Stores, clock: FixedClock) -> None:
    await_approval(ledger, clock)
    ledger.decide(RUN_ID, decision())
    ledger.transition(RUN_ID, S.CANCELLED)
    assert ledger.events(RUN_ID)[-1].caller is None


def test_a_list_has_the_runs_of_one_principal(ledger: Stores) -> None:
    ledger.create(run_record())
    other = ledger.create(run_record("other-20261120t120000-1a2b3c4d").model_copy(update={"requested_by": BOB}))
    ledger.create(run_record("older-20261120t120000-1a2b3c4d").model_copy(update={"requested_by": None}))
    assert ledger.page(requested_by=BOB.id).records == (other,)


# ---- domain events ------------------------------------------------------------------------------------------------


def test_each_change_of_status_is_one_event_with_the_next_number(ledger: Stores, clock: FixedClock) -> None:
    ledger.create(run_record(tags={"team": "search"}))
    clock.advance(minutes=3)
    ledger.transition(RUN_ID, S.PREPARING)
    ledger.transition(RUN_ID, S.PREPARING, changes={"grader_arn": "arn:g"})
    ledger.update(RUN_ID, {"grader_arn": "arn:h"})
    first, second = ledger.pending(10)
    assert [(e.id, e.sequence) for e in (first, second)] == [(f"{RUN_ID}/1", 1), (f"{RUN_ID}/2", 2)]
    assert second.change == StatusChange(before=S.PENDING, after=S.PREPARING, seconds=180.0)
    assert (first.change and first.change.caller, second.tags) == (ADA, {"team": "search"})


def test_results_are_events_of_their_own_once(ledger: Stores) -> None:
    add_run(ledger, S.SMOKE_TESTING)
    check = Check(name="order", result=CheckResult.BLOCK, detail="no", n=10, value=0.1).short()
    summary = SmokeTestSummary(
        trusted=False, reasons=("no",), checks=(check,), mean_right=1.0, mean_wrong=None, report_uri="s3://b/x"
    )
    ledger.update(RUN_ID, {"smoke_test": summary})
    ledger.update(RUN_ID, {"smoke_test": summary})
    approval = requested(("dear",), at=datetime(2026, 11, 20, tzinfo=UTC), days=1)
    ledger.transition(RUN_ID, S.AWAITING_APPROVAL, changes={"approval": approval})
    smoke_test, status, request = ledger.pending(10)[3:]
    assert (smoke_test.kind, smoke_test.smoke_test and smoke_test.smoke_test.blocking) == (
        EventKind.SMOKE_TEST,
        ("order",),
    )
    assert (status.kind, request.kind) == (EventKind.STATUS, EventKind.APPROVAL)
    assert [event.sequence for event in (smoke_test, status, request)] == [4, 5, 6]


def test_a_breaker_finding_is_one_event_however_often_it_is_written(ledger: Stores) -> None:
    add_run(ledger, S.TRAINING)
    known = len(ledger.pending(20))
    at = datetime(2026, 11, 20, tzinfo=UTC)
    found = Finding(signal="error_share", action="stop", message="too many", step=3, at=at)
    for _ in range(2):
        ledger.update(RUN_ID, {"breaker": (found,)})
    (event,) = ledger.pending(20)[known:]
    assert (event.kind, event.breaker) == (EventKind.BREAKER, found)


def test_a_sent_event_is_no_longer_pending_and_its_number_is_used_up(ledger: Stores) -> None:
    ledger.create(run_record())
    (event,) = ledger.pending(10)
    ledger.mark_sent(event)
    ledger.mark_sent(event)
    assert ledger.pending(10) == []
    ledger.transition(RUN_ID, S.PREPARING)
    assert [event.sequence for event in ledger.pending(10)] == [2]


def test_a_run_of_a_release_without_events_counts_them_from_one() -> None:
    with ledger_table() as client:
        ledger = DynamoStores(client, table=TABLE, clock=FixedClock())
        old = record_item(run_record())
        del old["domain_event_count"], old["status_since"]
        client.put_item(TableName=TABLE, Item=old)
        ledger.transition(RUN_ID, S.PREPARING)
        ledger.transition(RUN_ID, S.SMOKE_TESTING)
        assert [(event.sequence, event.status) for event in ledger.pending(10)] == [
            (1, S.PREPARING),
            (2, S.SMOKE_TESTING),
        ]
