"""Reads of a list of runs and of one run: the same with 100,000 runs in the table as with 100."""

from __future__ import annotations

import tracemalloc
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rft.adapters.dynamodb.ledger import DynamoLedger
from rft.adapters.dynamodb.ledger_items import INDEX_KEYS, Item, event_item, record_item, record_key, to_attribute
from rft.adapters.dynamodb.ledger_search import MAX_QUERIES
from rft.adapters.dynamodb.run_history import DynamoRunHistory
from rft.contracts.ledger import RunEvent, RunRecord, RunStatus
from rft.runs.records import list_position, utc_text
from rft.steps.api.show_run import show_run
from tests.kit.fakes.clock import FixedClock
from tests.kit.records import run_record

START = datetime(2026, 1, 1, tzinfo=UTC)
FEW, MANY = 100, 100_000
MAX_MEMORY = 1.5
"""Of a page among many runs, against one among few."""


class GeneratedTable:
    """A ledger of `runs` runs, each created on reading; counts calls and their items."""

    def __init__(self, runs: int) -> None:
        self.calls: Counter[str] = Counter()
        self.items = 0
        everyone = [(position(number), number) for number in range(runs)]
        self.partitions: dict[tuple[str, str], list[tuple[str, int]]] = {("by_created", "RUN"): everyone}
        self.partitions["by_status", "FAILED"] = everyone[::4]
        self.partitions["by_name", "nightly"] = everyone[::3]

    def query(self, **request: Any) -> dict[str, Any]:
        self.calls["query"] += 1
        partition, sort = INDEX_KEYS[request["IndexName"]]
        of, before = (request["ExpressionAttributeValues"][name]["S"] for name in (":of", ":before"))
        found = self.partitions[request["IndexName"], of]
        end = bisect_left(found, (before,))
        page = found[max(0, end - request["Limit"]) : end][::-1]
        self.items += len(page)
        items = [{**record_key(run_id(number)), partition: to_attribute(of)} for _, number in page]
        more = {"LastEvaluatedKey": {sort: to_attribute(page[-1][0])}} if end > request["Limit"] else {}
        return {"Items": items, **more}

    def get_item(self, **request: Any) -> dict[str, Any]:
        self.calls["get_item"] += 1
        self.items += 1
        return {"Item": self._item(request["Key"])}

    def get_paginator(self, operation: str) -> GeneratedTable:
        assert operation == "query"
        return self

    def paginate(self, **request: Any) -> Iterator[dict[str, Any]]:
        """The history of one run."""
        self.calls["query"] += 1
        self.items += 1
        shown = request["ExpressionAttributeValues"][":pk"]["S"].removeprefix("RUN#")
        yield {"Items": [event_item(shown, 1, RunEvent(at=START, before=None, after=RunStatus.PENDING))]}

    def batch_get_item(self, RequestItems: dict[str, Any]) -> dict[str, Any]:  # noqa: N803  boto3's own name
        self.calls["batch_get_item"] += 1
        ((table, request),) = RequestItems.items()
        self.items += len(request["Keys"])
        return {"Responses": {table: [self._item(key) for key in request["Keys"]]}}

    def _item(self, key: Item) -> Item:
        return record_item(run(int(key["pk"]["S"][-8:], 16)))


TEMPLATE = run_record()


def run(number: int) -> RunRecord:
    status = RunStatus.FAILED if number % 4 == 0 else RunStatus.COMPLETED
    name = "nightly" if number % 3 == 0 else "other"
    return TEMPLATE.model_copy(
        update={
            "run_id": run_id(number),
            "name": name,
            "status": status,
            "created_at": START + timedelta(minutes=number),
        }
    )


def run_id(number: int) -> str:
    return f"run-20260101t000000-{number:08x}"


def position(number: int) -> str:
    """As `list_position` of the run, which a test compares, without making it."""
    return f"{utc_text(START + timedelta(minutes=number))}#{run_id(number)}"


@pytest.fixture(scope="module")
def tables() -> dict[int, GeneratedTable]:
    return {runs: GeneratedTable(runs) for runs in (FEW, MANY)}


def test_generated_positions_match_the_runs() -> None:
    assert [position(number) for number in (0, 99_999)] == [list_position(run(number)) for number in (0, 99_999)]


def counted(table: GeneratedTable, read: Callable[[], object]) -> tuple[Counter[str], int, int]:
    """Calls, items and peak memory of one read."""
    table.calls, table.items = Counter(), 0
    tracemalloc.start()
    try:
        read()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return table.calls, table.items, peak


def listed(table: GeneratedTable, **filters: Any) -> tuple[Counter[str], int, int]:
    """One page of the list, with more pages after it."""

    def page() -> None:
        found = DynamoRunHistory(table, table="ledger", clock=FixedClock(START)).page(limit=10, **filters)  # type: ignore[arg-type]
        assert found.cursor is not None

    return counted(table, page)


def shown(table: GeneratedTable, number: int) -> tuple[Counter[str], int, int]:
    ledger = DynamoLedger(table, table="ledger", clock=FixedClock(START))  # type: ignore[arg-type]
    history = DynamoRunHistory(table, table="ledger", clock=FixedClock(START))  # type: ignore[arg-type]
    return counted(table, lambda: show_run(run_id=run_id(number), ledger=ledger, history=history, data_bucket="b"))


@pytest.mark.parametrize("filters", [{}, {"status": RunStatus.FAILED}, {"name": "nightly"}], ids=str)
def test_a_page_reads_as_much_among_many_runs_as_among_few(
    tables: dict[int, GeneratedTable], filters: dict[str, Any]
) -> None:
    listed(tables[FEW], **filters)  # what is loaded once
    (few, few_items, few_bytes), (many, many_items, many_bytes) = (listed(tables[n], **filters) for n in (FEW, MANY))
    assert (many, many_items) == (few, few_items)
    assert many_bytes <= MAX_MEMORY * few_bytes


def test_a_search_for_an_unused_tag_ends_the_page_early(tables: dict[int, GeneratedTable]) -> None:
    calls, items, _ = listed(tables[MANY], tag=("team", "nobody"))
    assert calls["query"] == MAX_QUERIES
    assert items <= 2 * 100 * MAX_QUERIES


def test_a_shown_run_reads_as_much_among_many_runs_as_among_few(tables: dict[int, GeneratedTable]) -> None:
    shown(tables[FEW], 50)  # what is loaded once
    (few, few_items, few_bytes), (many, many_items, many_bytes) = (shown(tables[n], n // 2) for n in (FEW, MANY))
    assert few == {"get_item": 1, "query": 1}
    assert (many, many_items) == (few, few_items)
    assert many_bytes <= MAX_MEMORY * few_bytes
