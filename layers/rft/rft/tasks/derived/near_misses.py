"""Values close to the right one, which a tolerance or a partial comparison would accept. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from rft.rewards.reading.numbers import plain_digits
from rft.tasks.derived.probe import DerivedProbe
from rft.tasks.subject import Subject

LARGEST_STEP = Fraction(1, 100)
"""Smaller relative differences may be within a legitimate tolerance."""


def near_misses(subject: Subject) -> Iterator[DerivedProbe]:
    """One more, 4 % more, without the last digit; for a word its beginning, and its first letter doubled."""
    names = _numbers(subject) if subject.number is not None else _words(subject)
    for name, value in names:
        yield DerivedProbe(f"near_misses/{name}", subject.put(value))


def _numbers(subject: Subject) -> Iterator[tuple[str, str]]:
    number = subject.number
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


def _words(subject: Subject) -> Iterator[tuple[str, str]]:
    word = subject.word.split(" ")[0]
    if subject.options or len(word) < 4 or not word.isalpha():
        return
    yield "beginning", word[: len(word) // 2]
    yield "first_letter", word[0]
