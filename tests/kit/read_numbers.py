"""Reads numbers for tests of the number parser."""

from __future__ import annotations

from fractions import Fraction

from rft.rewards.reading.numbers import read_number


def value(text: str, *, finance: bool = False) -> Fraction | None:
    number = read_number(text, finance=finance)
    return None if number is None else number.value
