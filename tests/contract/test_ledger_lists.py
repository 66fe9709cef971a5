"""Lists, pages and domain events of the ledger in memory and of the one in DynamoDB."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rft.adapters.dynamodb.ledger_items import record_item
from rft.contracts.breaker import Finding
from rft.contracts.checks import Check, CheckResult
from rft.contracts.http.principal import Principal
from rft.contracts.ledger import RunStatus
from rft.contracts.metrics import Reading, TrainingMetrics
from rft.contracts.outbound.domain_events import EventKind, StatusChange
from rft.contracts.smoke_test import SmokeTestSummary
from rft.errors import InvalidRequest, TransitionRefused
from rft.runs.approval import requested
from rft.runs.status import FOLLOWERS
from tests.kit.fakes.clock import FixedClock
from tests.kit.fakes.dynamo import TABLE, DynamoStores, ledger_table
from tests.kit.fakes.ledger import MemoryLedger
from tests.kit.fakes.stores import Stores
from tests.kit.ledger_runs import S, await_approval, decision
from tests.kit.records import ADA, RUN_ID, add_run, path_to, run_record
from tests.kit.reward_curves import training

BOB = Principal(type="iam", id="arn:aws:iam::123456789012:user/bob")


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


def test_a_full_last_page_has_no_cursor(ledger: Stores, clock: FixedClock) -> None:
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

    @settings(max_examples=25, deadline=None)
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


def test_list_entries_omit_large_fields(ledger: Stores) -> None:
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


def test_an_end_that_ignores_a_decision_does_not_name_its_author(ledger: Stores, clock: FixedClock) -> None:
    await_approval(ledger, clock)
    ledger.decide(RUN_ID, decision())
    ledger.transition(RUN_ID, S.CANCELLED)
    assert ledger.events(RUN_ID)[-1].caller is None


def test_a_list_has_the_runs_of_one_principal(ledger: Stores) -> None:
    ledger.create(run_record())
    other = ledger.create(run_record("other-20261120t120000-1a2b3c4d").model_copy(update={"requested_by": BOB}))
    ledger.create(run_record("older-20261120t120000-1a2b3c4d").model_copy(update={"requested_by": None}))
    assert ledger.page(requested_by=BOB.id).records == (other,)


def test_each_status_change_is_one_event_with_the_next_number(ledger: Stores, clock: FixedClock) -> None:
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


def test_a_sent_event_is_not_pending_and_its_number_is_not_reused(ledger: Stores) -> None:
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
