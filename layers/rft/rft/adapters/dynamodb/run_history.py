"""Histories and lists of runs, from the ledger's table and its indexes."""

from __future__ import annotations

from collections.abc import Iterator

from rft.adapters.aws_errors import translated
from rft.adapters.dynamodb.ledger_items import EVENTS, Item, event_of, record_key, to_attribute
from rft.adapters.dynamodb.ledger_search import RunSearch
from rft.adapters.dynamodb.ledger_table import LedgerTable
from rft.contracts.ledger import RunEvent, RunStatus
from rft.errors import RunNotFound
from rft.ports.runs import RunPage
from rft.runs.records import RunFilter


class DynamoRunHistory(LedgerTable):
    """Histories are strongly consistent; lists read indexes, which are eventually consistent."""

    def events(self, run_id: str) -> list[RunEvent]:
        found = [event_of(item) for item in self._event_items(run_id)]
        if not found:
            raise RunNotFound(f"Run {run_id} not found")
        return found

    def page(
        self,
        *,
        status: RunStatus | None = None,
        name: str | None = None,
        tag: tuple[str, str] | None = None,
        requested_by: str | None = None,
        limit: int = 25,
        cursor: str | None = None,
    ) -> RunPage:
        filters = RunFilter(status=status, name=name, tag=tag, requested_by=requested_by)
        return RunSearch(self._client, self._table, filters).page(limit=limit, cursor=cursor)

    def _event_items(self, run_id: str) -> Iterator[Item]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :events)",
            ExpressionAttributeValues={":pk": record_key(run_id)["pk"], ":events": to_attribute(EVENTS)},
            ConsistentRead=True,
        )
        with translated():
            for page in pages:
                yield from page["Items"]
