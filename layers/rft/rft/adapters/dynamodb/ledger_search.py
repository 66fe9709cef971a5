"""Lists of runs: positions from indexes, records from the table, without scans."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rft.adapters.aws_errors import translated
from rft.adapters.dynamodb.ledger_items import ALL_RUNS, INDEX_KEYS, Item, record_of, to_attribute
from rft.contracts.ledger import RunRecord
from rft.errors import RetryableThrottling
from rft.ports.runs import RunPage
from rft.runs.records import UNLISTED, RunFilter, from_cursor, list_position, to_cursor

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MAX_QUERIES = 10
"""Bounds the work per page: a rare tag among many runs ends a page early, with a cursor."""

BATCH = 100
"""BatchGetItem's limit."""

LISTED = {f"#{number}": name for number, name in enumerate(n for n in RunRecord.model_fields if n not in UNLISTED)}
"""Attributes read of each record, as placeholders because DynamoDB reserves some names."""

AFTER_ALL = "~"
"""Sorts after every position: positions begin with a digit."""


class RunSearch:
    """Finds runs by the most selective index, then filters on each record: an index lags, and contains keys only."""

    def __init__(self, client: DynamoDBClient, table: str, run_filter: RunFilter) -> None:
        self._client = client
        self._table = table
        self._filter = run_filter
        self._index, self._of = _index(run_filter)

    def page(self, *, limit: int, cursor: str | None) -> RunPage:
        before: str | None = from_cursor(cursor) if cursor else AFTER_ALL
        found: list[RunRecord] = []
        queries = 0
        while before and len(found) <= limit and queries < MAX_QUERIES:
            keys, before = self._keys(before, min(limit + 1, BATCH) if self._filter.is_indexed else BATCH)
            found += [record for record in self._records(keys) if self._filter.passes(record)]
            queries += 1
        if len(found) > limit:
            before = list_position(found[limit - 1])
        return RunPage(records=tuple(found[:limit]), cursor=to_cursor(before) if before else None)

    def _keys(self, before: str, count: int) -> tuple[list[Item], str | None]:
        """Keys of up to `count` records older than `before`, and the next page's position, None at the end."""
        partition, sort = INDEX_KEYS[self._index]
        with translated():
            answer = self._client.query(
                TableName=self._table,
                IndexName=self._index,
                KeyConditionExpression=f"{partition} = :of AND {sort} < :before",
                ExpressionAttributeValues={":of": to_attribute(self._of), ":before": to_attribute(before)},
                ScanIndexForward=False,
                Limit=count,
            )
        last = answer.get("LastEvaluatedKey")
        return [{"pk": item["pk"], "sk": item["sk"]} for item in answer["Items"]], last[sort]["S"] if last else None

    def _records(self, keys: list[Item]) -> list[RunRecord]:
        """The records under the keys, newest first."""
        items: list[Item] = []
        for _ in range(MAX_QUERIES):
            if not keys:
                return sorted((record_of(item) for item in items), key=list_position, reverse=True)
            query = {"Keys": keys, "ConsistentRead": True, "ProjectionExpression": ", ".join(LISTED)}
            request: Any = {self._table: {**query, "ExpressionAttributeNames": LISTED}}
            with translated():
                answer: Any = self._client.batch_get_item(RequestItems=request)
            items += answer["Responses"].get(self._table, [])
            keys = answer.get("UnprocessedKeys", {}).get(self._table, {}).get("Keys", [])
        raise RetryableThrottling("DynamoDB leaves keys of a list unread")


def _index(run_filter: RunFilter) -> tuple[str, str]:
    if run_filter.name:
        return "by_name", run_filter.name
    return ("by_status", run_filter.status) if run_filter.status else ("by_created", ALL_RUNS)
