"""Lists of runs from the ledger's indexes; never a scan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rft.adapters.aws_errors import translated
from rft.adapters.ledger_items import ALL_RUNS, INDEX_KEYS, packed, record_of
from rft.contracts.ledger import RunStatus
from rft.ports import RunPage
from rft.runs.records import from_cursor, position, to_cursor

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MAX_QUERIES = 10
"""Bounds one page's work: a rare tag among many runs ends a page early, with a cursor to go on from."""

FILTERED_READ = 100
"""Items that one query looks at where a filter sifts them; at a few KB each this stays within a query's 1 MB."""

AFTER_ALL = "~"
"""Sorts after every position: positions begin with a digit."""


def search(
    client: DynamoDBClient,
    table: str,
    *,
    status: RunStatus | None,
    name: str | None,
    tag: tuple[str, str] | None,
    limit: int,
    cursor: str | None,
) -> RunPage:
    """Up to `limit` runs, newest first, of the index that narrows most; other filters sift its items."""
    query = _query(status, name, tag)
    read = FILTERED_READ if "FilterExpression" in query else limit + 1
    before: str | None = from_cursor(cursor) if cursor else AFTER_ALL
    found: list[Any] = []
    queries = 0
    while before is not None and len(found) <= limit and queries < MAX_QUERIES:
        items, before = _read(client, table, query, before, read)
        found += [record_of(item) for item in items]
        queries += 1
    if len(found) > limit:
        before = position(found[limit - 1])
    return RunPage(records=tuple(found[:limit]), cursor=to_cursor(before) if before else None)


def _query(status: RunStatus | None, name: str | None, tag: tuple[str, str] | None) -> dict[str, Any]:
    """The query's unchanging part."""
    index, of = ("by_name", name) if name else ("by_status", status) if status else ("by_created", ALL_RUNS)
    partition, sort = INDEX_KEYS[index]
    names, values = {"#partition": partition, "#sort": sort}, {":of": packed(of)}
    filters = []
    if name and status:
        filters.append("#status = :status")
        names["#status"], values[":status"] = "status", packed(status)
    if tag:
        filters.append("#request.#tags.#tag = :tag")
        names |= {"#request": "request", "#tags": "tags", "#tag": tag[0]}
        values[":tag"] = packed(tag[1])
    query: dict[str, Any] = {
        "IndexName": index,
        "KeyConditionExpression": "#partition = :of AND #sort < :before",
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": values,
    }
    return {**query, "FilterExpression": " AND ".join(filters)} if filters else query


def _read(
    client: DynamoDBClient, table: str, query: dict[str, Any], before: str, read: int
) -> tuple[list[Any], str | None]:
    """Items older than `before`, and the position to go on from, None at the end."""
    values = {**query["ExpressionAttributeValues"], ":before": packed(before)}
    arguments = {**query, "ExpressionAttributeValues": values}
    with translated():
        answer = client.query(TableName=table, ScanIndexForward=False, Limit=read, **arguments)
    last = answer.get("LastEvaluatedKey")
    sort = query["ExpressionAttributeNames"]["#sort"]
    return list(answer["Items"]), last[sort]["S"] if last else None
