"""Waits in memory and in DynamoDB keep the same promises: no event falls between two waits."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rft.ports.runs import RunWaits
from tests.kit.fakes.clock import FixedClock
from tests.kit.fakes.dynamo import TABLE, DynamoStores, ledger_table
from tests.kit.fakes.ledger import MemoryLedger
from tests.kit.records import RUN_ID


@pytest.fixture(params=["memory", "dynamo"])
def waits(request: pytest.FixtureRequest) -> Iterator[RunWaits]:
    if request.param == "memory":
        yield MemoryLedger(FixedClock())
    else:
        with ledger_table() as client:
            yield DynamoStores(client, table=TABLE, clock=FixedClock())


def test_an_event_gets_the_newest_token(waits: RunWaits) -> None:
    assert waits.begin(RUN_ID, "token-1")
    assert waits.begin(RUN_ID, "token-2")
    assert waits.wake(RUN_ID) == "token-2"


def test_an_event_before_any_wait_ends_the_next_wait_once(waits: RunWaits) -> None:
    assert waits.wake(RUN_ID) is None
    assert not waits.begin(RUN_ID, "token-1")
    assert waits.begin(RUN_ID, "token-2")
    assert waits.wake(RUN_ID) == "token-2"


def test_an_event_between_two_waits_ends_the_second(waits: RunWaits) -> None:
    waits.begin(RUN_ID, "token-1")
    waits.wake(RUN_ID)
    waits.wake(RUN_ID)
    assert not waits.begin(RUN_ID, "token-2")
    assert waits.begin(RUN_ID, "token-3")


def test_runs_wait_independently_of_each_other(waits: RunWaits) -> None:
    waits.wake("other-20261120t120000-00000000")
    assert waits.begin(RUN_ID, "token-1")
