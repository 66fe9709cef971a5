from __future__ import annotations

from collections.abc import Sequence

import pytest

from rft.contracts.ledger import RunStatus
from rft.contracts.outbound.domain_events import DomainEvent
from rft.errors import RetryableServiceError
from rft.steps.publish_events import publish_events
from tests.kit.fakes.clock import FixedClock
from tests.kit.fakes.event_bus import MemoryBus
from tests.kit.fakes.ledger import MemoryLedger
from tests.kit.records import RUN_ID, add_run


def ledger_with(status: RunStatus) -> MemoryLedger:
    ledger = MemoryLedger(FixedClock())
    add_run(ledger, status)
    return ledger


def test_each_change_is_sent_once_and_in_sequence() -> None:
    ledger, bus = ledger_with(RunStatus.SMOKE_TESTING), MemoryBus()
    assert (publish_events(outbox=ledger, bus=bus), publish_events(outbox=ledger, bus=bus)) == (3, 0)
    assert [event.id for event in bus.events] == [f"{RUN_ID}/{number}" for number in (1, 2, 3)]


def test_an_event_that_is_refused_stops_no_other_and_stays_pending() -> None:
    ledger, bus = ledger_with(RunStatus.SMOKE_TESTING), MemoryBus(refused={f"{RUN_ID}/2"})
    with pytest.raises(RetryableServiceError, match=f"1 of 3 events, the first of them {RUN_ID}/2"):
        publish_events(outbox=ledger, bus=bus)
    bus.refused.clear()
    assert publish_events(outbox=ledger, bus=bus) == 1
    assert sorted(event.sequence for event in bus.events) == [1, 2, 3]


def test_an_event_whose_mark_is_lost_is_sent_again_with_its_id() -> None:
    ledger, bus = ledger_with(RunStatus.PENDING), MemoryBus()
    publish_events(outbox=ledger, bus=bus)
    ledger.sent.clear()
    publish_events(outbox=ledger, bus=bus)
    assert [event.id for event in bus.events] == [f"{RUN_ID}/1"] * 2


def test_more_than_one_page_is_sent() -> None:
    ledger, bus = MemoryLedger(FixedClock()), MemoryBus()
    event = ledger_with(RunStatus.PENDING).pending(1)[0]
    many: Sequence[DomainEvent] = [event.model_copy(update={"id": f"x/{n}", "sequence": n}) for n in range(1, 251)]
    ledger.announced["x"] = list(many)
    assert publish_events(outbox=ledger, bus=bus) == 250
