"""Values close to the right one, which a tolerance or a partial comparison would accept. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

from rft.rewards.reading.numbers import plain_digits
from rft.tasks.derived.near_texts import near_texts, other_unit
from rft.tasks.derived.other_values import other_value
from rft.tasks.derived.probe import DerivedProbe
from rft.tasks.subject import MAX_WORDS, Subject

LARGEST_STEP = Fraction(1, 100)
"""Smaller relative differences may be within a legitimate tolerance."""

MAX_FIELDS = 8


def near_misses(subject: Subject) -> Iterator[DerivedProbe]:
    """Of a number one more, 4 % more, other digits; of a text another part; of an object each field by itself."""
    if subject.fields is not None:
        for name, fields in _fields(subject.fields):
            yield DerivedProbe(f"near_misses/{name}", json.dumps(fields, ensure_ascii=False))
        return
    names = _numbers(subject) if subject.number is not None else near_texts(subject)
    for name, value in names:
        if value != subject.value:
            yield DerivedProbe(f"near_misses/{name}", subject.put(value))


def _numbers(subject: Subject) -> Iterator[tuple[str, str]]:
    number = subject.number
    yield from other_unit(subject.value)
    if number is None or number.scale != 1:
        return
    value, sign, whole = number.value, "%" if number.percent else "", subject.integer
    if whole is not None and abs(whole) < 1 / LARGEST_STEP:
        yield "plus_one", str(whole + 1)
    more = value * 26 / 25
    if whole is not None:
        more = Fraction(round(more))
    if value and abs(more - value) >= abs(value) * 2 * LARGEST_STEP:
        yield "four_percent", f"{plain_digits(more)}{sign}"
    if whole is not None and abs(whole) >= 10:
        yield "last_digit_missing", str(whole)[:-1]
        yield from _swapped(whole)


def _swapped(whole: int) -> Iterator[tuple[str, str]]:
    """The first two digits change places, where that makes another number without a leading zero."""
    sign, digits = "-" if whole < 0 else "", str(abs(whole))
    if digits[1] not in ("0", digits[0]):
        yield "digits_swapped", f"{sign}{digits[1]}{digits[0]}{digits[2:]}"


def _fields(fields: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """A text that may be put in other words is left as it is."""
    if len(fields) < 2:
        return
    for n, (key, value) in enumerate(list(fields.items())[:MAX_FIELDS], 1):
        if not isinstance(value, str) or len(value.split()) <= MAX_WORDS:
            yield f"field_{n}", {**fields, key: other_value(value)}
    yield "field_missing", dict(list(fields.items())[:-1])
