"""Counts the matching fields of two JSON objects."""

from __future__ import annotations

import json
import math
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

from rft.contracts.graders.extraction import FieldRule

Tree = dict[str, Any]
Rules = Mapping[str, FieldRule]

MAX_VALUES = 500
MAX_ITEMS = 50
"""Limit for lists in a reference. Pairing two lists takes cubic time: 0.1 s for 50 items that all differ."""

MAX_TEXT_RATIO = 10
"""A text more than this many times as long as the expected one cannot match. Unicode composition takes quadratic time
in the number of combining marks, so such texts are not composed."""

_DEFAULT = FieldRule.model_construct()


class UnknownField(ValueError):
    """A rule names a field that the reference cannot have; the message starts with the field's path."""


class RepeatedKey(ValueError):
    """Two keys of an object are equal after Unicode composition; the message names the key."""


class TooManyValues(ValueError):
    """An object is too large to compare in bounded time; the message starts with its path."""


def composed(value: Any) -> Any:
    """The value with its keys in Unicode's composed form (NFC). Raises RepeatedKey."""
    if isinstance(value, list):
        return [composed(item) for item in value]
    if not isinstance(value, dict):
        return value
    found = {unicodedata.normalize("NFC", key): composed(part) for key, part in value.items()}
    if len(found) < len(value):
        raise RepeatedKey(f"{min(value.keys() - found.keys())!a} stands twice")
    return found


def compare(expected: Any, given: Any, rules: Rules, path: str = "") -> int:
    """The number of expected fields under `path` that `given` has right."""
    if isinstance(expected, dict):
        shared = expected.keys() & given.keys() if isinstance(given, dict) else set()
        return sum(compare(expected[key], given[key], rules, _child(path, key)) for key in shared)
    if isinstance(expected, list):
        return _items(expected, given, rules, path) if isinstance(given, list) else 0
    return int(expected is not None and _equal(expected, given, rules.get(path, _DEFAULT)))


def count(value: Any, *, most_values: int | None, path: str = "") -> int:
    """The number of fields.

    Raises TooManyValues above `most_values`, or above the limits of a reference if it is None.
    """
    total = 0
    for place, leaf in _leaves(value, path, MAX_ITEMS if most_values is None else None):
        total += leaf is not None
        if total > (MAX_VALUES if most_values is None else most_values):
            raise TooManyValues(f".value: over {MAX_VALUES} values, at {place}")
    return total


def known_paths(value: Any, rules: Rules) -> None:
    """Raises UnknownField if a rule names a path that `value` does not have. Any path may follow null or []."""
    for path in rules:
        if not _exists(value, f".{path}"):
            raise UnknownField(f".fields: {path} is no field of value")


def _exists(value: Any, path: str) -> bool:
    """`path` starts with `.name` or `[]`. A name may contain dots."""
    if not path or value is None:
        return True
    if isinstance(value, list):
        return path.startswith("[]") and (not value or any(_exists(item, path[2:]) for item in value))
    names = value if isinstance(value, dict) else ()
    return any(
        _exists(value[name], path[len(name) + 1 :])
        for name in names
        if path.startswith(f".{name}") and path[len(name) + 1 : len(name) + 2] in {"", ".", "["}
    )


def _leaves(value: Any, path: str, most_items: int | None) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, child in value.items():
            yield from _leaves(child, _child(path, key), most_items)
    elif isinstance(value, list):
        if most_items is not None and len(value) > most_items:
            raise TooManyValues(f".value: the list {path} has over {most_items} items")
        for item in value:
            yield from _leaves(item, f"{path}[]", most_items)
    else:
        yield path, value


def _child(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _items(expected: list[Any], given: list[Any], rules: Rules, path: str) -> int:
    """The highest number of matching fields over all pairings of the items."""
    inside = f"{path}[]"
    if rules.get(path, _DEFAULT).ordered:
        return sum(compare(a, b, rules, inside) for a, b in zip(expected, given, strict=False))
    same, expected, given = _without_equal(expected, given)
    right = sum(count(item, most_values=None) for item in same)
    if not expected or not given:
        return right
    return right + _best_pairing([[compare(a, b, rules, inside) for b in given] for a in expected])


def _without_equal(expected: list[Any], given: list[Any]) -> tuple[list[Any], list[Any], list[Any]]:
    """Splits off the items that are equal on both sides."""
    # Most lists differ in few items, and pairing takes cubic time.
    texts: dict[str, list[int]] = {}
    for at, item in enumerate(given):
        texts.setdefault(_text(item), []).append(at)
    same, rest, taken = [], [], set()
    for item in expected:
        if places := texts.get(_text(item)):
            taken.add(places.pop())
            same.append(item)
        else:
            rest.append(item)
    return same, rest, [item for at, item in enumerate(given) if at not in taken]


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def _best_pairing(gains: list[list[int]]) -> int:
    """The highest sum of one gain per row, each column at most once: the Hungarian method, with rows <= columns."""
    if len(gains) > len(gains[0]):
        gains = [list(column) for column in zip(*gains, strict=True)]
    rows, columns = len(gains), len(gains[0])
    row_price, column_price, owner = [0] * (rows + 1), [0] * (columns + 1), [0] * (columns + 1)
    for row in range(1, rows + 1):
        _augment(gains, row, row_price, column_price, owner)
    return sum(gains[owner[column] - 1][column - 1] for column in range(1, columns + 1) if owner[column])


def _augment(gains: list[list[int]], row: int, row_price: list[int], column_price: list[int], owner: list[int]) -> None:
    """Assigns `row` to a column along the shortest augmenting path; index 0 stands for "none", as is usual here."""
    columns = len(column_price)
    slack, via, visited = [math.inf] * columns, [0] * columns, [False] * columns
    owner[0], column = row, 0
    while owner[column]:
        visited[column] = True
        current = owner[column]
        for other in range(1, columns):
            cost = -gains[current - 1][other - 1] - row_price[current] - column_price[other]
            if not visited[other] and cost < slack[other]:
                slack[other], via[other] = cost, column
        nearest = min((other for other in range(1, columns) if not visited[other]), key=slack.__getitem__)
        step = int(slack[nearest])
        for other in range(columns):
            if visited[other]:
                row_price[owner[other]] += step
                column_price[other] -= step
            else:
                slack[other] -= step
        column = nearest
    while column:
        owner[column] = owner[via[column]]
        column = via[column]


def _equal(expected: Any, given: Any, rule: FieldRule) -> bool:
    if isinstance(expected, bool) or isinstance(given, bool):
        return expected is given
    if isinstance(expected, int | float) and isinstance(given, int | float):
        return _near(expected, given, rule)
    if isinstance(expected, str) and isinstance(given, str):
        return len(given) <= MAX_TEXT_RATIO * (len(expected) + 100) and _plain(expected, rule) == _plain(given, rule)
    return False


def _near(expected: float, given: float, rule: FieldRule) -> bool:
    """Integers outside a float's range compare exactly; values become floats only if there is a tolerance."""
    if expected == given:
        return True
    try:
        allowed = max(rule.tolerance, rule.relative_tolerance * abs(expected))
        return allowed > 0 and abs(expected - given) <= allowed * (1 + 1e-9)
    except OverflowError:
        return False


def _plain(text: str, rule: FieldRule) -> str:
    spaced = " ".join(unicodedata.normalize("NFC", text).split())
    return spaced.casefold() if rule.ignore_case else spaced
