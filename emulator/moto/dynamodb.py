"""Performance patches of moto's DynamoDB: the cost of a call depends on its result, not on the table's size.

Moto deep-copies a table for rollback once per write of a transaction, copies the whole item for each projected
attribute, sorts all items of a table for each query, and serialises each value member through ten checks. After some
dozen runs that takes most of the emulator's time and memory. Calls to DynamoDB are serialised here, so items do not
change during a call.
"""

from __future__ import annotations

import base64
import copy
import functools
import inspect
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from types import SimpleNamespace
from typing import Any

from moto.core.serialize import JSONSerializer
from moto.dynamodb import models
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.table import Table

_WRITES: ContextVar[Sequence[Mapping[str, Any]]] = ContextVar("writes", default=())


def replacements() -> Iterator[tuple[Any, str, Any]]:
    yield models, "copy", SimpleNamespace(deepcopy=_deepcopy, copy=copy.copy)
    yield DynamoDBBackend, "transact_write_items", _knowing_its_writes(DynamoDBBackend.transact_write_items)
    yield Item, "project", _projecting(Item.project)
    yield JSONSerializer, "_serialize_type_structure", _serializing(JSONSerializer._serialize_type_structure)


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
    """Return a copy of the table for rollback: items to be written are copied, others are shared."""
    keys = [write.get("Key") or write.get("Item") or {} for write in writes if write.get("TableName") == table.name]
    backup = copy.copy(table)
    backup.items = defaultdict(dict, table.items)
    for key in keys:
        partition = DynamoType(key[table.hash_key_attr]) if table.hash_key_attr in key else None
        if partition not in table.items:
            continue
        if table.range_key_attr is None:
            backup.items[partition] = copy.deepcopy(table.items[partition])
            continue
        if backup.items[partition] is table.items[partition]:
            backup.items[partition] = dict(table.items[partition])
        within = DynamoType(key[table.range_key_attr]) if table.range_key_attr in key else None
        if within in table.items[partition]:
            backup.items[partition][within] = copy.deepcopy(table.items[partition][within])
    return backup


def of_one_partition(original: Callable[..., Any]) -> Callable[..., Any]:
    """`Table.query` that gets no items but those with its condition's partition key."""
    signature = inspect.signature(original)

    @functools.wraps(original)
    def query(table: Any, *arguments: Any, **named: Any) -> Any:
        given = signature.bind(table, *arguments, **named)
        narrowed = copy.copy(table)
        if given.arguments.get("index_name"):
            narrowed.items = _having(table, dict(given.arguments.get("hash_key_conditions") or ()))
        else:
            partition = given.arguments["hash_key"]
            narrowed.items = {partition: table.items[partition]} if partition in table.items else {}
        given.arguments["self"] = narrowed
        return original(*given.args, **given.kwargs)

    return query


def _having(table: Any, attributes: Mapping[str, DynamoType]) -> dict[DynamoType, Any]:
    def matches(item: Any) -> bool:
        return all(name in item.attrs and _equal(item.attrs[name], value) for name, value in attributes.items())

    if table.range_key_attr is None:
        return {at: item for at, item in table.items.items() if matches(item)}
    within = ((at, {key: item for key, item in items.items() if matches(item)}) for at, items in table.items.items())
    return {at: items for at, items in within if items}


def _equal(one: DynamoType, other: DynamoType) -> bool:
    # numbers may be written in several ways; texts are compared without moto's conversions
    return bool(one.value == other.value if one.type == other.type == "S" else one == other)


def _projecting(original: Callable[..., Any]) -> Callable[..., Any]:
    def project(self: Any, projection_expressions: list[list[str]]) -> Any:
        if any(len(path) > 1 or "[" in path[0] for path in projection_expressions):
            return original(self, projection_expressions)
        projected = Item(hash_key=self.hash_key, range_key=self.range_key, attrs={})
        projected_names = (path[0] for path in projection_expressions)
        dict.update(projected.attrs, {name: self.attrs[name] for name in projected_names if name in self.attrs})
        return projected

    return project


def _serializing(original: Callable[..., None]) -> Callable[..., None]:
    def serialize_type_structure(self: Any, serialized: Any, value: Any, shape: Any, key: str) -> None:
        if shape.name == "AttributeValue" and self.service_model.service_name == "dynamodb":
            serialized[key] = _on_the_wire(value)
        else:
            original(self, serialized, value, shape, key)

    return serialize_type_structure


def _on_the_wire(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return an attribute value as JSON: as stored, with binaries in base64."""
    ((kind, content),) = value.items()
    match kind:
        case "M":
            return {kind: {name: _on_the_wire(each) for name, each in content.items()}}
        case "L":
            return {kind: [_on_the_wire(each) for each in content]}
        case "B":
            return {kind: base64.b64encode(content).decode()}
        case "BS":
            return {kind: [base64.b64encode(each).decode() for each in content]}
        case _:
            return {kind: content}
