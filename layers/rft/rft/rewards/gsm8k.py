"""Scores answers to GSM8K's word problems: the number after the last `####` is the reference's, or it is not.

Equal means equal: no tolerance, no partial marks, nothing for form. The form is needed to be read at all.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

from rft.contracts.grading import Sample
from rft.rewards.answers import first_line, question, reference_answer
from rft.rewards.components import Component, exact_match
from rft.rewards.numbers import Number, read_number
from rft.rewards.samples import UngradableSample
from rft.rewards.verdicts import without_thinking

MARK = "####"
ASKS_FOR_PERCENT = re.compile(r"%|per ?cent", re.IGNORECASE)


def components(sample: Sample) -> Sequence[Component]:
    """`answer` is the score; `readable` says whether a number was given.

    Raises UngradableSample where the reference holds none.
    """
    expected = read_answer(reference_answer(sample), marked=False)
    if expected is None:
        raise UngradableSample("reference_answer: holds no number that can be read")
    given = read_answer(sample.answer)
    return exact_match(right=given is not None and _equal(given, expected, sample), readable=given is not None)


def read_answer(text: str, *, marked: bool = True) -> Number | None:
    """The number after the last `####` outside thinking; of the whole text if there is none and none is needed.

    The last one counts even where it cannot be read, so that writing several earns nothing.
    """
    _, mark, final = without_thinking(text).rpartition(MARK)
    return read_number(first_line(final)) if mark or not marked else None


def _equal(given: Number, expected: Number, sample: Sample) -> bool:
    if given.percent == expected.percent:
        return given.value == expected.value
    return _plain(given, sample) == _plain(expected, sample)


def _plain(number: Number, sample: Sample) -> Fraction:
    """A question about per cent is answered in per cent, with or without the sign; elsewhere 50 % is 1/2."""
    return number.value / 100 if number.percent and not ASKS_FOR_PERCENT.search(question(sample)) else number.value
