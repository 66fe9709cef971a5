"""Moto's DynamoDB as this emulator needs it: transactions that copy what they touch, not the whole table.

With `moto_setup` and `moto_step_functions` the only file that knows moto's private names. Moto keeps a deep copy of
each table for the case of a rollback, once for each write of the transaction, which after some dozen runs takes most
of the emulator's time and memory. Calls to DynamoDB come one at a time here, so nothing else changes meanwhile.
"""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from types import SimpleNamespace
from typing import Any

from moto.dynamodb import models
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import Table

_WRITES: ContextVar[Sequence[Mapping[str, Any]]] = ContextVar("writes", default=())


def replacements() -> Iterator[tuple[Any, str, Any]]:
    """What stands for what in moto: object, attribute, new value."""
    yield models, "copy", SimpleNamespace(deepcopy=_deepcopy, copy=copy.copy)
    yield DynamoDBBackend, "transact_write_items", _knowing_its_writes(DynamoDBBackend.transact_write_items)


def _knowing_its_writes(original: Callable[..., None]) -> Callable[..., None]:
    def transact_write_items(self: Any, transact_items: list[dict[str, Any]]) -> None:
        known = _WRITES.set([write for item in transact_items for write in item.values()])
        try:
            original(self, transact_items)
        finally:
            _WRITES.reset(known)

    return transact_write_items


def _deepcopy(value: Any) -> Any:
    writes = _WRITES.get()
    return _backup(value, writes) if writes and isinstance(value, Table) else copy.deepcopy(value)


def _backup(table: Any, writes: Sequence[Mapping[str, Any]]) -> Any:
    """The table as it is now: the partitions that are written to are copied, the others are shared."""
    keys = [write.get("Key") or write.get("Item") or {} for write in writes if write.get("TableName") == table.name]
    touched = {DynamoType(key[table.hash_key_attr]) for key in keys if table.hash_key_attr in key}
    backup = copy.copy(table)
    backup.items = defaultdict(dict, table.items)
    for partition in touched & table.items.keys():
        backup.items[partition] = copy.deepcopy(table.items[partition])
    return backup
