"""The queue for the quota of jobs: in memory and in DynamoDB a run is in it exactly while it is STARTING."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rft.contracts.ledger import RunStatus
from rft.training.queue import queue_place
from tests.kit.fakes.clock import FixedClock
from tests.kit.fakes.dynamo import TABLE, DynamoStores, ledger_table
from tests.kit.fakes.ledger import MemoryLedger
from tests.kit.fakes.stores import Stores
from tests.kit.records import path_to, run_record

S = RunStatus
FIRST, SECOND, THIRD = (f"run-{name}-20261120t120000-0000000{number}" for number, name in enumerate("zya"))


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture(params=["memory", "dynamo"])
def stores(request: pytest.FixtureRequest, clock: FixedClock) -> Iterator[Stores]:
    if request.param == "memory":
        yield MemoryLedger(clock)
    else:
        with ledger_table() as client:
            yield DynamoStores(client, table=TABLE, clock=clock)


def queue_up(stores: Stores, clock: FixedClock, run_id: str) -> None:
    stores.create(run_record(run_id))
    for step in path_to(S.SMOKE_TESTING):
        stores.transition(run_id, step)
    stores.transition(run_id, S.STARTING, changes=lambda record: {"queue": queue_place(record, clock.now())})


def ahead(stores: Stores, run_id: str) -> int:
    place = stores.get(run_id).queue
    assert place is not None
    return stores.ahead(run_id, place.since)


def test_runs_queue_in_order_and_leave_by_their_status(stores: Stores, clock: FixedClock) -> None:
    for run_id in (FIRST, SECOND, THIRD):
        queue_up(stores, clock, run_id)
        clock.advance(seconds=1)
    assert [ahead(stores, run_id) for run_id in (FIRST, SECOND, THIRD)] == [0, 1, 2]
    assert stores.first(2) == (FIRST, SECOND)
    stores.transition(FIRST, S.TRAINING)
    stores.transition(SECOND, S.CANCELLED)
    assert (stores.first(9), ahead(stores, THIRD)) == ((THIRD,), 0)


def test_a_repeated_step_keeps_its_place(stores: Stores, clock: FixedClock) -> None:
    queue_up(stores, clock, FIRST)
    clock.advance(hours=1)
    queue_up_again = stores.transition(FIRST, S.STARTING, changes=lambda r: {"queue": queue_place(r, clock.now())})
    assert queue_up_again.queue == stores.get(FIRST).queue
    stores.update(FIRST, {"queue": queue_up_again.queue and queue_up_again.queue.model_copy(update={"waiting": True})})
    assert (stores.first(9), ahead(stores, FIRST)) == ((FIRST,), 0)
