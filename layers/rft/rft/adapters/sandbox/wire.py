"""Protocol between tests and answer: plain values by copy, other objects by reference. Standard library only.

Messages are lines of JSON. Plain values (None, bool, int, float, str, and containers of them) are reconstructed from
builtin types by the receiver, so that tests never compare objects of the answer's own classes.
"""

from __future__ import annotations

import builtins
import json
from collections import deque
from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any, BinaryIO

MAX_BYTES = 4 * 2**20
"""Maximum size of a message; larger values are not expected in tests."""

Encoded = Any
Refer = Callable[[Any], Encoded]
"""Encodes an object that is not plain as a reference, or raises TypeError."""
Resolve = Callable[[Mapping[str, Any]], Any]
"""Returns the local object of a reference."""


class Broken(Exception):
    """The peer has ended, or sent an invalid message."""


def send(stream: BinaryIO, message: Mapping[str, Any]) -> None:
    """Sends a message. Raises Broken if the peer has closed the stream, or the message exceeds MAX_BYTES."""
    line = json.dumps(message).encode() + b"\n"
    if len(line) > MAX_BYTES:
        raise Broken(f"a message of over {MAX_BYTES} bytes")
    try:
        stream.write(line)
        stream.flush()
    except OSError as error:
        raise Broken("nobody reads") from error


def receive(stream: BinaryIO) -> dict[str, Any]:
    """Reads the next message. Raises Broken."""
    line = stream.readline(MAX_BYTES + 1)
    try:
        message = json.loads(line) if line.endswith(b"\n") else None
    except (ValueError, RecursionError) as error:
        raise Broken("the data is no message") from error
    if not isinstance(message, dict):
        raise Broken("the data is no message")
    return message


def encode(value: Any, refer: Refer) -> Encoded:
    """Converts `value` to JSON types. Raises the errors of `refer`, and RecursionError for cycles."""
    if value is None or isinstance(value, bool | str):
        return value if type(value) in {type(None), bool, str} else str.__str__(value)
    if isinstance(value, int | float):
        return int.__int__(value) if isinstance(value, int) else float.__float__(value)
    kind = type(value)
    if kind in _TAGS:
        return {_TAGS[kind]: [encode(item, refer) for item in value]}
    if isinstance(value, tuple):
        return {"tuple": [encode(item, refer) for item in value]}
    if isinstance(value, dict):
        return {"dict": [[encode(key, refer), encode(item, refer)] for key, item in dict.items(value)]}
    return _encode_rare(value, refer)


def _encode_rare(value: Any, refer: Refer) -> Encoded:
    if isinstance(value, bytes | bytearray):
        return {type(value).__name__: value.hex()} if type(value) in {bytes, bytearray} else refer(value)
    if type(value) is complex:
        return {"complex": [value.real, value.imag]}
    if type(value) is Decimal:
        return {"decimal": str(value)}
    if type(value) is Fraction:
        return {"fraction": [value.numerator, value.denominator]}
    return {"builtin": _NAMES[value]} if _is_builtin(value) else refer(value)


def _is_builtin(value: Any) -> bool:
    return callable(value) and isinstance(value, type | type(len)) and value in _NAMES


def decode(value: Encoded, resolve: Resolve) -> Any:
    """Reverses `encode`. Raises Broken for invalid input, and the errors of `resolve`."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if not isinstance(value, dict) or len(value) != 1:
        raise Broken("the message is no value")
    ((tag, inner),) = value.items()
    try:
        if tag in _PLAIN:
            return _PLAIN[tag]([decode(item, resolve) for item in inner])
        if tag == "dict":
            return {decode(key, resolve): decode(item, resolve) for key, item in inner}
        if tag in _RARE:
            return _RARE[tag](inner)
    except (TypeError, ValueError, ArithmeticError, AttributeError) as error:
        raise Broken("the message is no value") from error
    return resolve(value)


def update(old: Any, new: Any) -> None:
    """Updates `old`, a container passed to the peer, to its state there."""
    if type(old) is not type(new) or old == new:
        return
    if isinstance(old, list | bytearray):
        _update_items(old, new)
    elif isinstance(old, dict | set):
        old.clear()
        old.update(new)
    elif isinstance(old, deque):
        old.clear()
        old.extend(new)


def _update_items(old: Any, new: Any) -> None:
    """Updates items in place; preserves the identity of inner containers of unchanged type."""
    if isinstance(old, list) and len(old) == len(new):
        for at, (before, after) in enumerate(zip(old, new, strict=True)):
            if type(before) is type(after) and isinstance(before, list | dict | set | deque):
                update(before, after)
            else:
                old[at] = after
    else:
        old[:] = new


def _builtin(name: str) -> Any:
    if name not in _NAMES.values():
        raise ValueError(name)
    return getattr(builtins, name)


_SHARED = """
abs all any bin bool bytes chr complex dict divmod enumerate filter float frozenset hash hex int len list map max min
oct ord pow range repr reversed round set sorted str sum tuple zip
"""
_NAMES: Mapping[Any, str] = {getattr(builtins, name): name for name in _SHARED.split()}
"""Builtin functions that are passed by name, so that tests can use them as arguments."""
_PLAIN: Mapping[str, Callable[[list[Any]], Any]] = {
    "list": list,
    "tuple": tuple,
    "set": set,
    "frozenset": frozenset,
    "deque": deque,
}
_TAGS: Mapping[type, str] = {list: "list", tuple: "tuple", set: "set", frozenset: "frozenset", deque: "deque"}
_RARE: Mapping[str, Callable[[Any], Any]] = {
    "bytes": bytes.fromhex,
    "bytearray": bytearray.fromhex,
    "complex": lambda parts: complex(*parts),
    "decimal": Decimal,
    "fraction": lambda parts: Fraction(*parts),
    "builtin": _builtin,
}
