"""A ledger in memory, and one in DynamoDB."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.kit.fakes.clock import FixedClock
from tests.kit.fakes.dynamo import TABLE, DynamoStores, ledger_table
from tests.kit.fakes.ledger import MemoryLedger
from tests.kit.fakes.stores import Stores


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
