"""Global secondary indexes that lag behind their table: a query sees each write some time after its reply.

Amazon DynamoDB Developer Guide, "Data synchronization between tables and Global Secondary Indexes": changes arrive
within a fraction of a second under normal conditions, and a query may return what is no longer so.
"""

from __future__ import annotations

import copy
import inspect
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.table import Table

from emulator.http.operations import Operation
from emulator.moto.item_store import key_names, written_items

Key = tuple[DynamoType, DynamoType | None]


class LaggingIndexes:
    """What the indexes of all tables show. `seconds` is the lag, in real time."""

    def __init__(self, seconds: float, *, account: str, region: str) -> None:
        self._seconds = seconds
        self._account, self._region = account, region
        self._replicas: dict[str, _Replica] = {}
        self._lock = threading.Lock()

    def on_call(self, operation: Operation, body: bytes) -> None:
        """Note what a call has written; it is seen when the lag has passed. Calls come one at a time."""
        due = time.monotonic() + self._seconds
        for name, attributes in written_items(operation.name, body):
            table = dynamodb_backends[self._account][self._region].tables.get(name.rsplit("/", 1)[-1])
            if table is None or any(key not in attributes for key in key_names(table)):
                continue
            with self._lock:
                key = _key(table, attributes)
                replica = self._replicas.setdefault(table.name, _Replica(table, without=key))
                replica.note(due, key, _image(table, key))

    def replacements(self) -> Iterator[tuple[Any, str, Any]]:
        """What stands for what in moto: object, attribute, new value."""
        yield Table, "query", self._lagging(Table.query)

    def _lagging(self, original: Callable[..., Any]) -> Callable[..., Any]:
        signature = inspect.signature(original)

        def query(table: Any, *arguments: Any, **named: Any) -> Any:
            given = signature.bind(table, *arguments, **named)
            if given.arguments.get("index_name") in {index.name for index in table.global_indexes}:
                given.arguments["self"] = self._as_seen(table)
            return original(*given.args, **given.kwargs)

        return query

    def _as_seen(self, table: Any) -> Any:
        with self._lock:
            replica = self._replicas.get(table.name)
            if replica is None:
                return table  # nothing was written since the start
            replica.apply(until=time.monotonic())
            seen = copy.copy(table)
            seen.items = copy.copy(replica.items)
            return seen


class _Replica:
    """A table's items as its indexes show them. `without` is the key of a write that they do not show yet."""

    def __init__(self, table: Any, *, without: Key) -> None:
        self.items: dict[DynamoType, Any] = defaultdict(dict, table.items)
        if table.has_range_key:
            self.items.update({partition: dict(within) for partition, within in table.items.items()})
        self._pending: deque[tuple[float, Key, Item | None]] = deque()
        self._put(without, None)

    def note(self, due: float, key: Key, image: Item | None) -> None:
        """A write that is seen from `due` on; None stands for a deletion."""
        self._pending.append((due, key, image))

    def apply(self, *, until: float) -> None:
        """Show what is due."""
        while self._pending and self._pending[0][0] <= until:
            _, key, image = self._pending.popleft()
            self._put(key, image)

    def _put(self, key: Key, image: Item | None) -> None:
        partition, within = key
        if within is not None:
            # Not in place: a query may be reading it.
            others = {at: item for at, item in self.items[partition].items() if at != within}
            self.items[partition] = others if image is None else {**others, within: image}
        elif image is None:
            self.items.pop(partition, None)
        else:
            self.items[partition] = image


def _key(table: Any, attributes: Mapping[str, Any]) -> Key:
    first, *second = (DynamoType(attributes[name]) for name in key_names(table))
    return first, second[0] if second else None


def _image(table: Any, key: Key) -> Item | None:
    """The item as it is now; what changes it later changes its attributes, of which there is a copy."""
    item = table.get_item(*key)
    if item is None:
        return None
    image = Item(hash_key=item.hash_key, range_key=item.range_key, attrs={})
    dict.update(image.attrs, item.attrs)
    return image
