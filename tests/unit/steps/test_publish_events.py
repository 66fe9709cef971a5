from __future__ import annotations

import functools
import json
from collections.abc import Sequence

import pytest

from rft.contracts.ledger import RunStatus
from rft.contracts.outbound.domain_events import DomainEvent
from rft.contracts.prices import TokenPrices
from rft.errors import RetryableServiceError
from rft.steps.publish_events import publish_events
from tests.kit.fakes.clock import FixedClock
from tests.kit.fakes.event_bus import MemoryBus
from tests.kit.fakes.ledger import MemoryLedger
from tests.kit.forecast import judged_forecast
from tests.kit.records import RUN_ID, add_run

publish = functools.partial(publish_events, stack_name="rft")


def ledger_with(status: RunStatus) -> MemoryLedger:
    ledger = MemoryLedger(FixedClock())
    add_run(ledger, status)
    return ledger


def test_each_change_is_sent_once_and_in_sequence() -> None:
    ledger, bus = ledger_with(RunStatus.SMOKE_TESTING), MemoryBus()
    assert (
        publish(outbox=ledger, bus=bus),
        publish(outbox=ledger, bus=bus),
    ) == (3, 0)
    assert [event.id for event in bus.events] == [f"{RUN_ID}/{number}" for number in (1, 2, 3)]


def test_a_refused_event_stays_pending_and_blocks_no_other() -> None:
    ledger, bus = ledger_with(RunStatus.SMOKE_TESTING), MemoryBus(refused={f"{RUN_ID}/2"})
    with pytest.raises(RetryableServiceError, match=f"1 of 3 events, the first of them {RUN_ID}/2"):
        publish(outbox=ledger, bus=bus)
    bus.refused.clear()
    assert publish(outbox=ledger, bus=bus) == 1
    assert sorted(event.sequence for event in bus.events) == [1, 2, 3]


def test_an_event_whose_mark_is_lost_is_sent_again_with_its_id() -> None:
    ledger, bus = ledger_with(RunStatus.PENDING), MemoryBus()
    publish(outbox=ledger, bus=bus)
    ledger.sent.clear()
    publish(outbox=ledger, bus=bus)
    assert [event.id for event in bus.events] == [f"{RUN_ID}/1"] * 2


def test_ends_and_stages_are_metrics_without_a_run_id(capsys: pytest.CaptureFixture[str]) -> None:
    publish(outbox=ledger_with(RunStatus.FAILED), bus=MemoryBus())
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line]
    found = {name: line for line in lines for name in ("RunsEnded", "StageSeconds") if name in line}
    assert (found["RunsEnded"]["status"], found["RunsEnded"]["RunsEnded"]) == ("FAILED", 1.0)
    assert found["StageSeconds"]["stage"] == "PENDING"
    for line in lines:
        (metric,) = line["_aws"]["CloudWatchMetrics"]
        assert metric["Dimensions"][0][0] == "stack"
        assert RUN_ID not in json.dumps(line)


def judge_costs(out: str) -> list[float]:
    return [line["JudgeCostEstimate"] for line in map(json.loads, out.splitlines()) if "JudgeCostEstimate" in line]


@pytest.mark.parametrize(
    ("price", "costs"), [(TokenPrices(input_per_million=1, output_per_million=4), [0.198]), (None, [])]
)
def test_judges_of_an_ended_run_cost_an_estimate_where_prices_are_known(
    price: TokenPrices | None, costs: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    ledger, bus = MemoryLedger(FixedClock()), MemoryBus()
    record = add_run(ledger, RunStatus.TRAINING)
    ledger.update(RUN_ID, {"forecast": judged_forecast(record).model_copy(update={"judge_price": price})})
    publish(outbox=ledger, bus=bus)
    assert judge_costs(capsys.readouterr().out) == []
    ledger.transition(RUN_ID, RunStatus.COMPLETED)
    publish(outbox=ledger, bus=bus)
    assert judge_costs(capsys.readouterr().out) == costs


def test_more_than_one_page_is_sent() -> None:
    ledger, bus = MemoryLedger(FixedClock()), MemoryBus()
    event = ledger_with(RunStatus.PENDING).pending(1)[0]
    many: Sequence[DomainEvent] = [event.model_copy(update={"id": f"x/{n}", "sequence": n}) for n in range(1, 251)]
    ledger.announced["x"] = list(many)
    assert publish(outbox=ledger, bus=bus) == 250
