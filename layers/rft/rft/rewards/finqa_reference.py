"""What a FinQA reference says is right.

FinQA gives an answer as its annotator wrote it ("93.5%", "$ 12.5 million", "-3.2") and the value that its program
computes (0.93464, 12.5, -3.2473). Which of them is in per cent or in millions shows only when they are put together.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from rft.rewards.numbers import SCALES, Number, read_number

TOLERANCE = Fraction(1, 200)
"""Of the exact value: what rounding to three digits may cost. Nothing but 0 is near 0."""

_PERCENT = re.compile(r"%|per ?cent", re.IGNORECASE)
_IN_UNITS = re.compile(r"\bin (?:the )?(thousand|million|billion)s?\b", re.IGNORECASE)
_YES_NO = {"yes": True, "no": False}

Value = Number | bool
"""An answer that was read; a boolean is yes or no."""


@dataclass(frozen=True)
class Target:
    """A value to be met. `printed` is it as the reference rounds it; `whole` says that it needs no rounding."""

    value: Fraction
    printed: Fraction | None
    whole: bool

    def met_by(self, value: Fraction, step: Fraction) -> bool:
        """Whether `value`, in which one unit of the last written place is worth `step`, is this one."""
        gap = abs(value - self.value)
        near = gap <= TOLERANCE * abs(self.value) and (gap <= step / 2 or not self.whole)
        return near or value == self.printed


@dataclass(frozen=True)
class Expected:
    """What is right: yes or no, an amount with words of scale worked out, or a ratio (0.5 for 50 %).

    It is either of the last two where a question speaks of per cent and its answer does not. `unit` is what a bare
    number may be counted in. `consistent` is false where the printed answer and the exact value do not belong together.
    """

    verdict: bool | None = None
    amount: Target | None = None
    ratio: Target | None = None
    unit: int = 1
    consistent: bool = True


def read_reference(reference: Mapping[str, Any], *, question: str) -> Expected | None:
    """From `answer` (as printed), `value` (exact) or both, and `unit` (thousand, million or billion).

    None where neither can be read. Where the two do not belong together, the exact value holds: FinQA's own
    evaluation goes by it.
    """
    printed, exact = read_value(_text(reference.get("answer"))), read_value(_text(reference.get("value")))
    if isinstance(exact, bool):
        return Expected(verdict=exact, consistent=printed in {None, exact})
    if isinstance(printed, bool):
        return Expected(verdict=printed, consistent=exact is None)
    unit = SCALES.get(unit_of(question) or _text(reference.get("unit")), 1)
    return _number(printed, exact, unit, asked_for_percent=bool(_PERCENT.search(question)))


def read_value(text: str) -> Value | None:
    """Yes, no or a number; None for anything else."""
    word = text.strip(" \t*_`~.!").casefold()
    return _YES_NO[word] if word in _YES_NO else read_number(text.strip(), finance=True)


def unit_of(text: str) -> str | None:
    """`million` where a text says "in millions" and speaks of no other unit."""
    units = {unit.casefold() for unit in _IN_UNITS.findall(text)}
    return units.pop() if len(units) == 1 else None


def _text(value: object) -> str:
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def _number(printed: Number | None, exact: Number | None, unit: int, *, asked_for_percent: bool) -> Expected | None:
    value = exact or printed
    if value is None:
        return None
    for expected in _together(printed, value.value, unit) if printed else ():
        return _also_in_percent(expected, value.value) if asked_for_percent else expected
    amount, ratio = _target(value.value * unit, unit), _target(value.value, Fraction(1, 100))
    in_percent = printed is not None and printed.percent
    return Expected(
        amount=None if in_percent else amount,
        ratio=ratio if in_percent or asked_for_percent else None,
        unit=unit,
        consistent=printed is None,
    )


def _together(printed: Number, exact: Fraction, unit: int) -> Iterator[Expected]:
    """The ways in which the exact value is the printed one before rounding, the likeliest first."""
    if printed.percent or (printed.scale == 1 and not _agree(exact, printed, Fraction(1))):
        for value in (exact, exact / 100) if printed.percent else (exact,):
            if _agree(value, printed, Fraction(1, 100)):
                yield Expected(ratio=_target(value, Fraction(1, 100), printed.value / 100))
    elif printed.scale == 1:
        yield Expected(amount=_target(exact * unit, unit, printed.value * unit), unit=unit)
    else:
        for value, counted_in in ((exact, unit), (exact * printed.scale, printed.scale)):
            if _agree(value, printed, Fraction(1)):
                yield Expected(amount=_target(value, printed.scale, printed.value), unit=counted_in)


def _agree(value: Fraction, printed: Number, factor: Fraction) -> bool:
    gap = abs(value - printed.value * factor)
    return gap <= max(printed.step * factor / 2, TOLERANCE * abs(value))


def _also_in_percent(expected: Expected, exact: Fraction) -> Expected:
    """A bare answer to a question about per cent: under 1 it is taken for a ratio, as FinQA computes them."""
    if expected.amount is None or expected.ratio is not None:
        return expected
    factor = Fraction(1, 100) if abs(exact) >= 1 else Fraction(1)
    printed = expected.amount.printed
    bare = None if printed is None else printed / expected.unit * factor
    ratio = _target(exact * factor, Fraction(1, 100), bare)
    return Expected(amount=expected.amount, ratio=ratio, unit=expected.unit)


def _target(value: Fraction, unit: Fraction | int, printed: Fraction | None = None) -> Target:
    return Target(value=value, printed=printed, whole=(value / unit).denominator == 1)
