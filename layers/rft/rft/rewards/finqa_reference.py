"""The accepted values of a FinQA reference.

FinQA stores an answer as the annotator wrote it ("93.5%", "$ 12.5 million", "-3.2") and the value that the annotated
program computes (0.93464, 12.5, -3.2473). Which of them is in per cent or in millions follows only from both together
with the question. docs/graders.md lists the rules.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from rft.rewards.reading.answers import answer_of
from rft.rewards.reading.markup import plain
from rft.rewards.reading.numbers import SCALES, Number, read_number
from rft.rewards.reading.page_units import question_unit
from rft.rewards.reading.questions import counts_cents, requests_amount, requests_money, requests_percent, requests_rate

TOLERANCE = Fraction(1, 200)
"""Relative tolerance: the error of rounding to three digits. Only 0 is within tolerance of 0."""

LARGEST_RATIO = 10
"""1,000 %. FinQA computes ratios; a bare value above this is in per cent if the question asks for per cent or a rate.
"""

_CURRENCY = re.compile(r"[$\u20ac\u00a3\u00a5]|\b(?:dollars?|euros?|usd|cents)\b", re.IGNORECASE)
_YES_NO = {"yes": True, "no": False}
_ROUND = " \t*_`~.!()<>"
_UNITS = (10**3, 10**6, 10**9)

Value = Number | bool
"""A parsed answer; a boolean stands for yes or no."""


@dataclass(frozen=True)
class Target:
    """A reference value. `printed` is the value as the reference rounds it; `whole` is true if it has no decimals."""

    value: Fraction
    printed: Fraction | None
    whole: bool

    def met_by(self, value: Fraction, step: Fraction) -> bool:
        """True if `value` matches; `step` is the unit of its last written digit."""
        gap = abs(value - self.value)
        near = gap <= TOLERANCE * abs(self.value) and (gap <= step / 2 or not self.whole)
        return near or value == self.printed


@dataclass(frozen=True)
class Expected:
    """The accepted values: yes or no, an amount with its scale applied, or a ratio (0.5 for 50 %).

    An ambiguous reference has several. `unit` is the scale that a bare number may be in; `in_percent` is true if a bare
    number may be in per cent, `in_cents` if reference or question mention cents. `consistent` is false if the printed
    answer and the exact value contradict each other.
    """

    verdict: bool | None = None
    amount: Target | None = None
    ratios: tuple[Target, ...] = ()
    unit: int = 1
    in_percent: bool = False
    in_cents: bool = False
    consistent: bool = True


@dataclass(frozen=True)
class _Demand:
    """The quantity that the question asks for, and its unit."""

    percent: bool
    amount: bool
    unit: int
    rate: bool

    def is_percent(self, value: Fraction) -> bool:
        """True if a bare value may be in per cent."""
        return self.percent or (self.rate and abs(value) > LARGEST_RATIO)


def read_expected(reference: Mapping[str, Any], *, question: str, page_unit: str | None = None) -> Expected | None:
    """Reads `answer` (as printed, or under another of ANSWER_KEYS), `value` (exact) or both.

    `unit` (thousand, million or billion) of the reference, else `page_unit`, applies if the question asks for money
    without a unit. Returns None if neither answer nor value can be parsed. If they contradict each other, the exact
    value takes precedence, as in FinQA's own evaluation.
    """
    text = answer_of(reference) or ""
    printed, exact = read_value(text), read_value(answer_of(reference.get("value")) or "")
    if isinstance(exact, bool):
        return Expected(verdict=exact, consistent=printed in {None, exact})
    if isinstance(printed, bool):
        return Expected(verdict=printed, consistent=exact is None)
    demand = _demand(question, str(reference.get("unit") or page_unit or ""), in_currency=bool(_CURRENCY.search(text)))
    if printed and exact:
        return replace(_of_both(printed, exact.value, demand), in_cents=counts_cents(f"{text} {question}"))
    number = exact or printed
    if number is None:
        return None
    found = _of_one(number, demand, computed=exact is not None or "." in text)
    return replace(found, in_cents=counts_cents(f"{text} {question}"))


def read_value(text: str) -> Value | None:
    """A boolean for yes or no, a number, or None for anything else."""
    for form in (text, plain(text.strip())):
        if (word := form.strip(_ROUND).casefold()) in _YES_NO:
            return _YES_NO[word]
    return read_number(text.strip(), finance=True)


def _demand(question: str, page_unit: str, *, in_currency: bool) -> _Demand:
    own = question_unit(question)
    unit = own or (page_unit if requests_money(question) else "")
    return _Demand(
        percent=requests_percent(question) and not in_currency,
        amount=bool(own) or in_currency or requests_amount(question),
        unit=SCALES.get(unit, 1),
        rate=requests_rate(question) and not in_currency,
    )


def _of_one(number: Number, demand: _Demand, *, computed: bool) -> Expected:
    """Accepted values from one number alone. A computed number is a ratio if the question asks for per cent."""
    value = number.value
    if number.percent:
        return Expected(ratios=(_ratio(value / 100, value / 100),), in_percent=True)
    if number.scale != 1:
        return Expected(amount=_target(value, number.scale, value), unit=demand.unit)
    bare = Expected(amount=_target(value * demand.unit, demand.unit, value * demand.unit), unit=demand.unit)
    if demand.is_percent(value):
        ratio = value if (computed and abs(value) <= LARGEST_RATIO) or abs(value) < 1 else value / 100
        return replace(bare, ratios=(_ratio(ratio, ratio),), in_percent=True)
    return bare if demand.amount else replace(bare, ratios=(_ratio(value),))


def _of_both(printed: Number, exact: Fraction, demand: _Demand) -> Expected:
    found = next(_together(printed, exact, demand), None)
    if found is not None:
        return found
    alone = _of_one(Number(exact), demand, computed=True)
    in_percent = printed.percent
    return replace(
        alone,
        amount=None if in_percent else alone.amount,
        ratios=(_ratio(exact),) if in_percent else alone.ratios,
        in_percent=in_percent or alone.in_percent,
        consistent=False,
    )


def _together(printed: Number, exact: Fraction, demand: _Demand) -> Iterator[Expected]:
    """All conversions under which the exact value rounds to the printed one, most likely first."""
    if printed.scale == 1:
        yield from _in_percent(printed, exact, demand)
    if printed.percent:
        return
    for unit in (demand.unit, printed.scale, 1, *_UNITS):
        if _agree(exact * unit, printed, Fraction(1)):
            yield Expected(amount=_target(exact * unit, printed.scale, printed.value), unit=unit)
        if printed.scale == 1 and _agree(exact, printed, Fraction(unit)):
            yield Expected(amount=_target(exact, unit, printed.value * unit), unit=unit)


def _in_percent(printed: Number, exact: Fraction, demand: _Demand) -> Iterator[Expected]:
    """As `_together`, for a printed answer without a scale word, with or without a per cent sign."""
    hundredth = Fraction(1, 100)
    if not printed.percent and _agree(exact, printed, Fraction(1)):
        amount = _target(exact * demand.unit, demand.unit, printed.value * demand.unit)
        yield _bare(amount, printed, exact, demand)
    for value in (exact, exact / 100) if printed.percent else (exact,):
        if _agree(value, printed, hundredth):
            yield Expected(ratios=(_ratio(value, printed.value / 100),), in_percent=True)


def _bare(amount: Target, printed: Number, exact: Fraction, demand: _Demand) -> Expected:
    """For a printed number without a per cent sign that equals the exact value. From 1 on it may be in per cent."""
    bare = Expected(amount=amount, unit=demand.unit)
    if not demand.is_percent(exact):
        return bare if demand.amount else replace(bare, ratios=(_ratio(exact, printed.value),))
    of_hundred = _ratio(exact / 100, printed.value / 100)
    ratio = _ratio(exact, printed.value)
    if abs(exact) < 1:
        return replace(bare, ratios=(ratio,), in_percent=True)
    in_percent_only = printed.step == 1 or abs(exact) > LARGEST_RATIO
    return replace(bare, ratios=(of_hundred,) if in_percent_only else (ratio, of_hundred), in_percent=True)


def _agree(value: Fraction, printed: Number, factor: Fraction) -> bool:
    gap = abs(value - printed.value * factor)
    return gap <= max(printed.step * factor / 2, TOLERANCE * abs(value))


def _ratio(value: Fraction, printed: Fraction | None = None) -> Target:
    return _target(value, Fraction(1, 100), printed)


def _target(value: Fraction, unit: Fraction | int, printed: Fraction | None = None) -> Target:
    return Target(value=value, printed=printed, whole=(value / unit).denominator == 1)
