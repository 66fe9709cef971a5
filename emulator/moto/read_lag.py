"""Eventually consistent reads of DynamoDB: they see a write some time after its response.

Amazon DynamoDB Developer Guide, "DynamoDB read consistency": GetItem, BatchGetItem, Query and Scan are eventually
consistent unless ConsistentRead is true, and reads of global secondary indexes always are.
"""

from __future__ import annotations

import copy
import inspect
import re
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from moto.dynamodb.models import DynamoDBBackend, dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.table import Table
from moto.dynamodb.responses import DynamoHandler

from emulator.moto.dynamodb import of_one_partition
from emulator.moto.item_store import WRITING, key_names, written_items

Key = tuple[DynamoType, DynamoType | None]
"""Partition and sort key of an item."""

_LAGGING_TABLES: ContextVar[frozenset[str]] = ContextVar("lagging_tables", default=frozenset())
"""Tables, as named in the current request, that are read without ConsistentRead."""


@dataclass(frozen=True)
class _UnseenWrite:
    """A write that becomes visible at `due` (monotonic). `before` is the previous item, or None if there was none."""

    due: float
    key: Key
    before: Item | None


class LaggingReads:
    """Hides recent writes from eventually consistent reads. `seconds` is the lag in real time."""

    def __init__(self, seconds: float, *, account: str, region: str) -> None:
        self._seconds = seconds
        self._account, self._region = account, region
        self._unseen: dict[str, deque[_UnseenWrite]] = defaultdict(deque)
        self._lock = threading.Lock()

    def replacements(self) -> Iterator[tuple[Any, str, Any]]:
        for operation in WRITING:
            method = re.sub(r"(?<!^)(?=[A-Z])", "_", operation).lower()
            yield DynamoHandler, method, self._noting(getattr(DynamoHandler, method))
        yield DynamoHandler, "get_item", _marking(DynamoHandler.get_item, _table_of_get)
        yield DynamoHandler, "batch_get_item", _marking(DynamoHandler.batch_get_item, _tables_of_batch)
        yield DynamoDBBackend, "get_item", self._lagging_item(DynamoDBBackend.get_item)
        yield Table, "query", self._lagging(of_one_partition(Table.query))
        yield Table, "scan", self._lagging(Table.scan)

    def _noting(self, original: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """Record the items before a write; calls are serialised, so no other call changes them meanwhile."""

        def write(handler: Any) -> Any:
            before = [(table, key, _image(table, key)) for table, key in self._written(handler.body)]
            reply = original(handler)
            due = time.monotonic() + self._seconds
            with self._lock:
                for table, key, image in before:
                    self._pending(table).append(_UnseenWrite(due, key, image))
            return reply

        return write

    def _written(self, request: Mapping[str, Any]) -> Iterator[tuple[Any, Key]]:
        tables = dynamodb_backends[self._account][self._region].tables
        for name, attributes in written_items(request):
            table = tables.get(name.rsplit("/", 1)[-1])
            if table is not None and all(part in attributes for part in key_names(table)):
                yield table, _key(table, attributes)

    def _lagging(self, original: Callable[..., Any]) -> Callable[..., Any]:
        signature = inspect.signature(original)

        def read(table: Any, *arguments: Any, **named: Any) -> Any:
            given = signature.bind(table, *arguments, **named)
            of_index = given.arguments.get("index_name") in {index.name for index in table.global_indexes}
            if of_index or not given.arguments.get("consistent_read"):
                given.arguments["self"] = self._as_seen(table)
            return original(*given.args, **given.kwargs)

        return read

    def _lagging_item(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def get_item(backend: Any, table_name: str, keys: dict[str, Any], projection_expressions: Any = None) -> Any:
            if table_name not in _LAGGING_TABLES.get():
                return original(backend, table_name, keys, projection_expressions)
            table = backend.get_table(table_name)
            return self._as_seen(table).get_item(*backend.get_keys_value(table, keys), projection_expressions)

        return get_item

    def _as_seen(self, table: Any) -> Any:
        """Return the table if all writes are visible, else a copy without the invisible writes."""
        with self._lock:
            unseen = self._pending(table)
            if not unseen:
                return table
            seen = copy.copy(table)
            seen.items = defaultdict(dict, table.items)
            for write in reversed(unseen):
                _put(seen.items, write.key, write.before)
            return seen

    def _pending(self, table: Any) -> deque[_UnseenWrite]:
        """Return the writes that are not visible yet, oldest first."""
        unseen = self._unseen[table.name]
        while unseen and unseen[0].due <= time.monotonic():
            unseen.popleft()
        return unseen


def _marking(original: Callable[[Any], Any], lagging: Callable[[Any], Iterator[str]]) -> Callable[[Any], Any]:
    def read(handler: Any) -> Any:
        known = _LAGGING_TABLES.set(frozenset(lagging(handler.body)))
        try:
            return original(handler)
        finally:
            _LAGGING_TABLES.reset(known)

    return read


def _table_of_get(request: Mapping[str, Any]) -> Iterator[str]:
    if not request.get("ConsistentRead"):
        yield request["TableName"]


def _tables_of_batch(request: Mapping[str, Any]) -> Iterator[str]:
    return (name for name, read in request["RequestItems"].items() if not read.get("ConsistentRead"))


def _put(items: dict[DynamoType, Any], key: Key, image: Item | None) -> None:
    """Put an item into a shallow copy of a table's items; partitions are replaced, not modified."""
    partition, within = key
    if within is not None:
        others = {at: item for at, item in items[partition].items() if at != within}
        items[partition] = others if image is None else {**others, within: image}
    elif image is None:
        items.pop(partition, None)
    else:
        items[partition] = image


def _key(table: Any, attributes: Mapping[str, Any]) -> Key:
    first, *second = (DynamoType(attributes[name]) for name in key_names(table))
    return first, second[0] if second else None


def _image(table: Any, key: Key) -> Item | None:
    """Return the current item with a shallow copy of its attributes, which is not affected by later writes."""
    item = table.get_item(*key)
    if item is None:
        return None
    image = Item(hash_key=item.hash_key, range_key=item.range_key, attrs={})
    dict.update(image.attrs, item.attrs)
    return image
