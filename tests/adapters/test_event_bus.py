"""Domain events as EventBridge takes them."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber

from emulator.http.limits import check_entries
from rft.adapters.event_bus import EventBridgeBus
from rft.contracts.ledger import Failure, RunStatus
from rft.contracts.outbound.domain_events import DomainEvent
from rft.errors import RetryableThrottling
from tests.kit.fakes.clock import FixedClock
from tests.kit.fakes.ledger import MemoryLedger
from tests.kit.records import RUN_ID, add_run


@pytest.fixture
def client() -> Any:
    return boto3.client("events", region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")


def events(count: int = 1, cause: str = "") -> list[DomainEvent]:
    ledger = MemoryLedger(FixedClock())
    add_run(ledger, RunStatus.PREPARING)
    failure = Failure(stage=RunStatus.PREPARING, error="E", cause=cause)
    ledger.transition(RUN_ID, RunStatus.FAILED, changes={"failure": failure})
    last = ledger.pending(10)[-1]
    return [last.model_copy(update={"id": f"{RUN_ID}/{n}", "sequence": n}) for n in range(1, count + 1)]


def test_an_entry_has_source_type_bus_and_the_event_as_detail(client: Any) -> None:
    (event,) = events()
    entry = {
        "Source": "rft",
        "DetailType": "RFT Run Status Change",
        "Detail": event.model_dump_json(exclude_none=True),
        "Time": event.at,
        "EventBusName": "bus",
    }
    assert DomainEvent.model_validate_json(str(entry["Detail"])) == event
    with Stubber(client) as stubber:
        stubber.add_response("put_events", {"Entries": [{"EventId": "1"}]}, {"Entries": [entry]})
        assert EventBridgeBus(client, name="bus").send([event]) == [event]


@pytest.mark.parametrize(("count", "cause"), [(25, ""), (12, "ü" * 8_000)], ids=["many", "large"])
def test_requests_stay_within_eventbridges_limits(client: Any, count: int, cause: str) -> None:
    sizes = []

    def record(params: Any, **_: Any) -> None:
        check_entries(params["Entries"])
        sizes.append(len(params["Entries"]))

    client.meta.events.register("provide-client-params.events.PutEvents", record)
    sent = events(count, cause)
    with Stubber(client) as stubber:
        for size in expected_sizes(count, cause):
            stubber.add_response("put_events", {"Entries": [{"EventId": "1"}] * size}, {"Entries": ANY})
        assert EventBridgeBus(client, name="bus").send(sent) == sent
    assert max(sizes) <= 10
    assert sum(sizes) == count


def expected_sizes(count: int, cause: str) -> list[int]:
    return [10] * (count // 10) + [count % 10]


def test_refused_entries_are_not_reported_as_sent(client: Any) -> None:
    sent = events(2)
    replies = [{"ErrorCode": "InternalFailure", "ErrorMessage": "later"}, {"EventId": "1"}]
    with Stubber(client) as stubber:
        stubber.add_response("put_events", {"FailedEntryCount": 1, "Entries": replies}, {"Entries": ANY})
        assert EventBridgeBus(client, name="bus").send(sent) == sent[1:]


def test_throttling_is_retryable(client: Any) -> None:
    with Stubber(client) as stubber:
        stubber.add_client_error("put_events", "ThrottlingException", http_status_code=400)
        with pytest.raises(RetryableThrottling):
            EventBridgeBus(client, name="bus").send(events())
