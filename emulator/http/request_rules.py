"""Validates requests against botocore's model: required members, types, lengths, ranges, enums, patterns.

Messages have AWS's format ("Value at 'jobName' failed to satisfy constraint: Member must …").
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import botocore.session
import regex
from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape

PATTERN_SECONDS = 1.0
"""Timeout of a pattern match: some of AWS's patterns take exponential time. On timeout the value is rejected."""

_TYPES: dict[str, tuple[type, ...]] = {
    "structure": (dict,),
    "map": (dict,),
    "list": (list,),
    "string": (str,),
    "blob": (str,),
    "timestamp": (str, int, float),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
}
"""Type in the model → JSON type."""


@cache
def input_shape(operation: str, service: str = "bedrock") -> Any:
    """Return botocore's input shape of an operation, or None for an unknown operation."""
    model = botocore.session.get_session().get_service_model(service)
    return model.operation_model(operation).input_shape if operation in model.operation_names else None


def violations(value: Any, shape: Shape, path: str = "") -> Iterator[str]:
    """Yield one message per violated constraint of a decoded JSON value."""
    if not _has_type(value, shape):
        yield _message(path, f"Member must be of type {shape.type_name}")
        return
    yield from _range_violations(value, shape, path)
    match shape:
        case StructureShape():
            yield from _structure_violations(value, shape, path)
        case ListShape():
            for index, item in enumerate(value, start=1):
                yield from violations(item, shape.member, f"{path}.{index}.member")
        case MapShape():
            for key, item in value.items():
                yield from violations(key, shape.key, f"{path}.key")
                yield from violations(item, shape.value, f"{path}.{key}.member")
        case StringShape():
            yield from _text_violations(value, shape, path)


def _has_type(value: object, shape: Shape) -> bool:
    if isinstance(value, bool):
        return shape.type_name == "boolean"
    return isinstance(value, _TYPES[shape.type_name])


def _structure_violations(value: Mapping[str, Any], shape: StructureShape, path: str) -> Iterator[str]:
    given = {name: item for name, item in value.items() if item is not None}
    for name in shape.required_members:
        if name not in given:
            yield _message(_member(path, name), "Member must not be null")
    if shape.is_tagged_union and len(given) != 1:
        yield _message(path, f"Member must have exactly one of [{', '.join(shape.members)}]")
    for name, item in given.items():
        if name in shape.members:
            yield from violations(item, shape.members[name], _member(path, name))
        else:
            yield _message(_member(path, name), "Member is unknown")


def _text_violations(value: str, shape: StringShape, path: str) -> Iterator[str]:
    if shape.enum and value not in shape.enum:
        yield _message(path, f"Member must satisfy enum value set: [{', '.join(shape.enum)}]")
    pattern = shape.metadata.get("pattern")
    if pattern and not _matches(pattern, value):
        yield _message(path, f"Member must satisfy regular expression pattern: {pattern}")


def _range_violations(value: Any, shape: Shape, path: str) -> Iterator[str]:
    sized = isinstance(value, str | list | dict)
    size, unit = (len(value), "length ") if sized else (value, "value ")
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and size < low:
        yield _message(path, f"Member must have {unit}greater than or equal to {low}")
    if high is not None and size > high:
        yield _message(path, f"Member must have {unit}less than or equal to {high}")


def _matches(pattern: str, value: str) -> bool:
    try:
        return regex.fullmatch(pattern, value, flags=regex.ASCII, timeout=PATTERN_SECONDS) is not None
    except TimeoutError:
        return False


def _member(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _message(path: str, constraint: str) -> str:
    return f"Value at '{re.sub(r'^$', 'request', path)}' failed to satisfy constraint: {constraint}"
