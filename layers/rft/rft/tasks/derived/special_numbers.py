"""Numbers on which number parsers and comparisons fail. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from rft.rewards.reading.numbers import Number, plain_digits, read_number
from rft.rewards.reading.questions import requests_decline, requests_percent
from rft.tasks.derived.probe import DerivedProbe
from rft.tasks.subject import Subject

SUPERSCRIPTS = "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079"


def special_numbers(subject: Subject) -> Iterator[DerivedProbe]:
    """NaN and infinity, zero, the negated value, a small fraction more, and another power of ten."""
    number = subject.number
    if number is None or number.scale != 1:
        return
    for name, text in _numbers(number, subject):
        if read_number(text) != number:
            yield DerivedProbe(f"special_numbers/{name}", subject.put(text))


def _numbers(number: Number, subject: Subject) -> Iterator[tuple[str, str]]:
    value, sign = number.value, "%" if number.percent else ""
    yield from (("nan", "nan"), ("infinity", "inf"), ("huge", "1e999"))
    if value == 0:
        return
    yield "zero", f"0{sign}"
    if not requests_decline(subject.prompt) and "differ" not in subject.prompt:
        yield "other_sign", f"{plain_digits(-value)}{sign}"
    if subject.integer is not None:
        yield "fraction_more", plain_digits(value + (9 if value > 0 else -9) * value.__class__(1, 10))
        yield from _power(subject.integer)
    if number.percent or requests_percent(subject.prompt):
        yield "hundredfold_percent", f"{plain_digits(value * 100)}%"
        yield "hundredth_percent", f"{plain_digits(value / 100)}%"
    elif "%" not in subject.prompt:
        yield "hundredfold", plain_digits(value * 100)
        yield "hundredth", plain_digits(value / 100)


def _power(whole: int) -> Iterator[tuple[str, str]]:
    base, exponent = str(whole)[:-1], int(str(whole)[-1])
    if whole >= 10 and int(base) ** exponent != whole:
        # A reader of any digit, or one that normalises them, takes 7² for 72.
        yield "superscript", f"{base}{SUPERSCRIPTS[exponent]}"
