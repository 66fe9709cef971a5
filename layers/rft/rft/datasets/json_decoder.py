"""Decodes a record's JSON strictly: no key twice, no NaN, no integer that hardly any reader takes."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any, NoReturn

MAX_DIGITS = 308
"""Of an integer: longer ones are beyond a float's range, and hardly any reader of JSON takes them."""

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
        raise ValueError(f"an integer has {len(text):,} digits, and {MAX_DIGITS} are read; write it as text")
    return int(text)


DECODER = json.JSONDecoder(parse_constant=_refuse_constant, parse_int=_integer, object_pairs_hook=_once)
