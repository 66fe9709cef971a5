"""Texts of which a part is right: other dates, names, list items, letters, cases and units. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from datetime import date

from rft.tasks.subject import Subject

_UNITS = tuple(
    tuple(group.split())
    for group in (
        "kg g mg t",
        "km m cm mm",
        "l ml",
        "h min s",
        "days hours minutes seconds",
        "km/h m/s mph",
        "°C °F",
        "GB MB kB",
        "kW W",
        "$ € £",
        "dollars euros",
        "kilograms grams",
        "kilometers meters miles",
    )
)
"""Units of one kind, so that the same number of another one is something else."""

_UNIT = re.compile(r"(?P<before>[$€£]?)(?P<number>-?[0-9][0-9.,]* ?)(?P<after>\D*)")
_COUNTS = {2: "two", 3: "three", 4: "four", 5: "five", 6: "six", 7: "seven", 8: "eight"}
_LIST = re.compile(r"\bcommas?\b|\bcomma-|\blist\b|\bin order\b|\bsorted\b|\ball\b", re.IGNORECASE)
_CASE_COUNTS = re.compile(r"\bcase[- ](?:sensitiv|matter)|\b(?:upper|lower)[- ]?case\b|chemical symbol", re.IGNORECASE)
OTHER_FIRST, OTHER_LAST, OTHER_ITEM = "Bartholomew", "Featherstone", "something else"
MIN_LETTERS = 5
CHANGED_LETTERS, MIN_CHANGED = 0.35, 3
"""More than any distance between spellings that is fair: of up to two letters, or of a fifth of them."""


def near_texts(subject: Subject) -> Iterator[tuple[str, str]]:
    """Names of forms, each with a value that is wrong."""
    value = subject.value
    items = _items(subject)
    yield from _dates(value)
    if items:
        yield from _lists(items)
    elif not subject.options:
        yield from _names(value)
        yield from _words(subject.word)
    if case_counts(subject):
        yield "other_case", value.swapcase()


def case_counts(subject: Subject) -> bool:
    """Whether the prompt says that upper and lower case differ."""
    return _CASE_COUNTS.search(subject.prompt) is not None


def other_unit(value: str) -> Iterator[tuple[str, str]]:
    found = _UNIT.fullmatch(value)
    unit = (found["before"] or found["after"]) if found else ""
    for group in _UNITS:
        if unit in group:
            other = group[(group.index(unit) + 1) % len(group)]
            yield "other_unit", value.replace(unit, other)


def _dates(value: str) -> Iterator[tuple[str, str]]:
    """Of a date as in 2026-11-28 each part by itself, and the month in the day's place."""
    try:
        day = date.fromisoformat(value) if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value) else None
    except ValueError:
        return
    if day is None:
        return
    yield "other_day", day.replace(day=16 if day.day == 15 else 15).isoformat()
    yield "other_month", f"{day.year:04}-{day.month % 12 + 1:02}-{min(day.day, 28):02}"
    yield "other_year", f"{day.year - 1:04}-{day.month:02}-{min(day.day, 28):02}"
    if day.day <= 12:
        yield "parts_swapped", f"{day.year:04}-{day.day:02}-{day.month:02}"


def _items(subject: Subject) -> list[str]:
    """Those of a list, where the prompt speaks of one or of how many there are."""
    items = [item.strip() for item in subject.value.split(",")]
    count = _COUNTS.get(len(items), "")
    named = _LIST.search(subject.prompt) or re.search(rf"\b(?:{count}|{len(items)})\b", subject.prompt, re.IGNORECASE)
    return items if len(items) > 1 and all(items) and count and named else []


def _lists(items: list[str]) -> Iterator[tuple[str, str]]:
    yield "first_item_missing", ", ".join(items[1:])
    yield "last_item_missing", ", ".join(items[:-1])
    yield "last_item_changed", ", ".join([*items[:-1], OTHER_ITEM])
    yield "item_more", ", ".join([*items, OTHER_ITEM])


def _names(value: str) -> Iterator[tuple[str, str]]:
    """Another first or last word; not for an article, which says nothing."""
    words = value.split()
    if 2 <= len(words) <= 3 and all(word.isalpha() and len(word) > 2 for word in words) and words[0].lower() != "the":
        yield "other_first_word", " ".join([OTHER_FIRST, *words[1:]])
        yield "other_last_word", " ".join([*words[:-1], OTHER_LAST])


def _words(text: str) -> Iterator[tuple[str, str]]:
    first = text.split(" ", maxsplit=1)[0]
    if len(first) >= 4 and first.isalpha():
        yield "beginning", first[: len(first) // 2]
        yield "first_letter", first[0]
    letters = [at for at, letter in enumerate(text) if letter.isascii() and letter.isalpha()]
    if len(letters) >= MIN_LETTERS:
        count = max(MIN_CHANGED, math.ceil(CHANGED_LETTERS * len(letters)))
        places = {letters[n * len(letters) // count] for n in range(count)}
        yield "third_of_letters", "".join(_other_letter(c) if at in places else c for at, c in enumerate(text))


def _other_letter(letter: str) -> str:
    base = ord("A") if letter.isupper() else ord("a")
    return chr(base + (ord(letter) - base + 7) % 26)
