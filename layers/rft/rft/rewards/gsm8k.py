"""Scores answers to GSM8K's word problems: 1 if the number after the last `####` equals the reference's, else 0.

There is no tolerance, no partial score and no reward for format; without `####` the answer cannot be parsed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

from rft.contracts.grading import Sample
from rft.rewards.components import Component, exact_match
from rft.rewards.reading.answers import first_line, question, reference_answer
from rft.rewards.reading.numbers import SCALES, Number, read_number
from rft.rewards.reading.questions import counts_cents, counts_dollars, requests_decline, requests_percent
from rft.rewards.reading.turns import before_turn_token, stated_text
from rft.rewards.samples import UngradableSample

MARK = "####"
_BOXED = re.compile(r"\\boxed ?\{((?:[^{}]|\{[^{}]*\})*)\}")


def components(sample: Sample) -> Sequence[Component]:
    """`answer` is the score; `readable` is 1 if a number was found.

    Raises UngradableSample if the reference contains no number.
    """
    reference = reference_answer(sample)
    expected = read_solution(reference)
    if expected is None:
        raise UngradableSample("reference_answer: holds no number that can be read")
    given = read_answer(sample.answer)
    right = given is not None and (given == expected or _equal(given, expected, sample, in_dollars="$" in reference))
    return exact_match(right=right, readable=given is not None)


def read_answer(text: str) -> Number | None:
    """The number after the last `####` outside thinking and strike-through; None if there is none.

    An unreadable last number is not replaced by an earlier one, so writing several earns nothing.
    """
    _, mark, final = stated_text(text).rpartition(MARK)
    return read_number(_final(final)) if mark else None


def read_solution(text: str) -> Number | None:
    """The number of a reference solution: after its last `####`, in its last box, or the whole text."""
    _, mark, final = text.rpartition(MARK)
    boxes = [] if mark else _BOXED.findall(text)
    return read_number(boxes[-1] if boxes else _final(final))


def _final(text: str) -> str:
    return before_turn_token(first_line(text))


def _equal(given: Number, expected: Number, sample: Sample, *, in_dollars: bool) -> bool:
    if given.is_bare and expected.is_bare:  # shortcut for most answers: the question cannot change their meaning
        return given.value == expected.value
    text = question(sample)
    values = {given.value, -given.value} if given.declined and requests_decline(text) else {given.value}
    if given.cents and not expected.cents:
        values = _of_cents(values, text, in_dollars=in_dollars or counts_dollars(text))
    if given.scale != expected.scale and _names_scale(text, given.scale):
        values |= {value / given.scale for value in values}
    if given.percent == expected.percent:
        return expected.value in values
    return bool({_plain(value, given, text) for value in values} & {_plain(expected.value, expected, text)})


def _of_cents(values: set[Fraction], text: str, *, in_dollars: bool) -> set[Fraction]:
    # 25 cents are 0.25 if dollars are counted, and also 25 if the question mentions cents.
    hundredths = {value / 100 for value in values} if in_dollars else set[Fraction]()
    return hundredths | (values if not hundredths or counts_cents(text) else set())


def _names_scale(text: str, scale: int) -> bool:
    """True if the question itself counts in dozens or thousands, so the scale word after the number is its unit."""
    return any(re.search(rf"\b{word}", text, re.IGNORECASE) for word, factor in SCALES.items() if factor == scale)


def _plain(value: Fraction, number: Number, text: str) -> Fraction:
    # A question for per cent accepts the number with or without the sign; otherwise 50 % is 1/2.
    return value / 100 if number.percent and not requests_percent(text) else value
