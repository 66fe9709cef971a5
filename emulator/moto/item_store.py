"""Persists DynamoDB items."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType

from emulator.http.operations import Operation
from emulator.state.store import Record, Store

KIND = "item"
WRITING = frozenset({"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems", "BatchWriteItem"})

Write = tuple[str, Mapping[str, Any]]
"""Table name, and attributes that include the item's key."""


class ItemStore:
    """Persists the items of the stack's tables, except writes through PartiQL."""

    def __init__(self, store: Store, *, account: str, region: str) -> None:
        self._store = store
        self._account, self._region = account, region

    def on_call(self, operation: Operation, body: bytes) -> None:
        """Persist all items that the call may have changed in one write; calls are serialised."""
        if operation.name not in WRITING:
            return
        written = written_items(json.loads(body))
        records = (self._record(table, attributes) for table, attributes in written)
        self._store.put(*(record for record in records if record))

    def restore(self) -> None:
        """Restore all items, except those of tables that no longer exist."""
        for key, attributes in self._store.all(KIND):
            table = self._tables.get(json.loads(key)[0])
            if table is not None:
                table.put_item(attributes, overwrite=True)

    @property
    def _tables(self) -> Any:
        return dynamodb_backends[self._account][self._region].tables

    def _record(self, name: str, attributes: Mapping[str, Any]) -> Record | None:
        table = self._tables.get(name.rsplit("/", 1)[-1])
        if table is None or any(key not in attributes for key in key_names(table)):
            return None
        key = [attributes[key] for key in key_names(table)]
        item = table.items.get(DynamoType(key[0]))
        if table.has_range_key and item is not None:
            item = item.get(DynamoType(key[1]))
        record = item.to_json()["Attributes"] if item is not None else None
        return Record(KIND, json.dumps([table.name, *key], sort_keys=True), record)


def key_names(table: Any) -> list[str]:
    """Return the names of a table's key attributes: partition key, and sort key if any."""
    return [name for name in (table.hash_key_attr, table.range_key_attr) if name]


def written_items(request: Mapping[str, Any]) -> Iterator[Write]:
    """Yield the items that a request of an operation in WRITING writes to."""
    of_transaction = [write for each in request.get("TransactItems", ()) for write in each.values()]
    of_batch = [
        {"TableName": table, **write}
        for table, writes in request.get("RequestItems", {}).items()
        for each in writes
        for write in each.values()
    ]
    for write in (request, *of_transaction, *of_batch):
        attributes = write.get("Key") or write.get("Item")
        if attributes and "TableName" in write:
            yield write["TableName"], attributes
