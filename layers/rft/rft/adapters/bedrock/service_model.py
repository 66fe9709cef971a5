"""Validates parameters against botocore's service model, including patterns and enums, which boto3 does not check."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import cache
from numbers import Real
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape

SHOWN = 80
"""Maximum characters of an invalid value quoted in a problem."""


def validate(params: object, shape: Shape | None) -> list[str]:
    """Each violation of `shape` by `params`, as `path: error`; empty if valid."""
    return [] if shape is None else [f"{path}: {text}" for path, text in _problems(params, shape, "")]


Problems = Iterator[tuple[str, str]]


def _problems(value: Any, shape: Shape, path: str) -> Problems:
    expected, fits, check = _KINDS[_kind(shape)]
    if fits(value):
        yield from check(value, shape, path)
    else:
        yield path or "request", f"is {_quoted(value, shape)}, not {expected}"


def _kind(shape: Shape) -> str:
    return "document" if getattr(shape, "is_document_type", False) else shape.type_name


def _structure(value: Mapping[str, Any], shape: StructureShape, path: str) -> Problems:
    for name in shape.required_members:
        if value.get(name) is None:
            yield _join(path, name), "is required"
    if shape.is_tagged_union and len(value) != 1:
        yield path, f"needs exactly one of {', '.join(shape.members)}"
    for name, part in value.items():
        if name not in shape.members:
            yield _join(path, name), "is unknown"
        elif part is not None:
            yield from _problems(part, shape.members[name], _join(path, name))


def _list(value: list[Any], shape: ListShape, path: str) -> Problems:
    yield from _bounds(len(value), shape, path, "items")
    for index, part in enumerate(value):
        yield from _problems(part, shape.member, f"{path}[{index}]")


def _map(value: Mapping[str, Any], shape: MapShape, path: str) -> Problems:
    yield from _bounds(len(value), shape, path, "entries")
    for key, part in value.items():
        yield from _problems(key, shape.key, f"{path} key")
        yield from _problems(part, shape.value, _join(path, key))


def _string(value: str, shape: StringShape, path: str) -> Problems:
    yield from _bounds(len(value), shape, path, "characters")
    if shape.enum and value not in shape.enum:
        yield path, f"is {_quoted(value, shape)}, not one of {', '.join(shape.enum)}"
    pattern = shape.metadata.get("pattern")
    if pattern and not _compiled(pattern).fullmatch(value):
        yield path, f"is {_quoted(value, shape)}, which does not match {pattern}"


def _blob(value: bytes | str, shape: Shape, path: str) -> Problems:
    yield from _bounds(len(value), shape, path, "bytes")


def _number(value: float, shape: Shape, path: str) -> Problems:
    yield from _bounds(value, shape, path, "")


def _anything(_value: object, _shape: Shape, _path: str) -> Problems:
    yield from ()


def _bounds(measure: float, shape: Shape, path: str, unit: str) -> Problems:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    measured = f"has {measure} {unit}" if unit else f"is {measure}"
    if least is not None and not measure >= least:
        yield path, f"{measured}, less than {least}"
    if most is not None and not measure <= most:
        yield path, f"{measured}, more than {most}"


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _is_time(value: object) -> bool:
    return isinstance(value, datetime | str) or _is_number(value)


def _is(*types: type) -> Callable[[object], bool]:
    return lambda value: isinstance(value, types)


_KINDS: dict[str, tuple[str, Callable[[object], bool], Callable[[Any, Any, str], Problems]]] = {
    "structure": ("an object", _is(Mapping), _structure),
    "list": ("a list", _is(list, tuple), _list),
    "map": ("an object", _is(Mapping), _map),
    "string": ("a string", _is(str), _string),
    "character": ("a string", _is(str), _string),
    "blob": ("bytes", _is(bytes, bytearray, str), _blob),
    "integer": ("a whole number", _is_integer, _number),
    "long": ("a whole number", _is_integer, _number),
    "float": ("a number", _is_number, _number),
    "double": ("a number", _is_number, _number),
    "boolean": ("true or false", _is(bool), _anything),
    "timestamp": ("a time", _is_time, _anything),
    "document": ("a document", lambda _: True, _anything),
}


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _quoted(value: object, shape: Shape) -> str:
    """A value for a message: truncated, and omitted if the model marks it as sensitive."""
    if shape.metadata.get("sensitive"):
        return "a sensitive value"
    text = repr(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    # AWS's patterns match the whole value, and its `\s` and `\d` are ASCII only. Bedrock's job names have
    # `(-*[…\-…])*`, which takes exponential time on a sequence of hyphens; the character class alone includes the
    # hyphen and accepts the same names.
    return re.compile(pattern.replace(r"(-*[a-zA-Z0-9\+\-\.])*", r"[a-zA-Z0-9\+\-\.]*"), re.ASCII)
