"""Decodes a record's JSON strictly: rejects duplicate keys, NaN, and integers beyond a float's range."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any, NoReturn

MAX_DIGITS = 308
"""Maximum digits of an integer: longer ones exceed a float's range."""

SHOWN_CHARACTERS = 40


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        twice = Counter(key for key, _ in pairs).most_common(1)[0][0]
        raise ValueError(f"the key {twice[:SHOWN_CHARACTERS]!r} occurs twice in one object; remove one of them")
    return value


def _integer(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise ValueError(f"an integer has {len(text):,} digits, but the maximum is {MAX_DIGITS}; write it as a string")
    return int(text)


DECODER = json.JSONDecoder(parse_constant=_refuse_constant, parse_int=_integer, object_pairs_hook=_once)
