"""Scores answers to FinQA's questions on financial reports: a number or yes/no on the last `ANSWER:` line.

A number is correct within `finqa_reference.TOLERANCE` of the exact value, or if it equals the rounded reference. Whole
numbers ("2009", "50%") must match exactly: a tolerance would accept a neighbouring year. Per cent and scale (millions)
follow from reference, question and page by the rules in docs/graders.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction

from rft.contracts.grading import Sample
from rft.rewards.components import Component, exact_match
from rft.rewards.finqa_reference import Expected, Target, Value, read_expected, read_value
from rft.rewards.reading.answers import page, question, reference_answer
from rft.rewards.reading.numbers import Number
from rft.rewards.reading.page_units import page_unit, question_unit
from rft.rewards.reading.questions import requests_decline
from rft.rewards.reading.turns import before_turn_token, stated_text
from rft.rewards.samples import UngradableSample

_ANSWER_LINE = re.compile(r"[ \t>*_`#-]*(?:final )?answer[ \t*_`]*[:\uff1a](.*)", re.IGNORECASE)
_LINE_END = re.compile(r"[\r\n]+")


def components(sample: Sample) -> Sequence[Component]:
    """`answer` is the score; `readable` is 1 if an answer was found. Raises UngradableSample without a reference."""
    expected = expected_of(sample)
    given = stated_value(sample.answer)
    right = is_right(given, expected, decline_requested=requests_decline(question(sample)))
    return exact_match(right=right, readable=given is not None)


def expected_of(sample: Sample) -> Expected:
    """The accepted values of a sample. Raises UngradableSample if its reference cannot be parsed."""
    text = question(sample)
    reference = sample.reference if isinstance(sample.reference, dict) else {"answer": reference_answer(sample)}
    known = reference.get("unit") or question_unit(text)
    unit = None if known else page_unit(page(sample), text)
    expected = read_expected(reference, question=text, page_unit=unit)
    if expected is None:
        raise UngradableSample("reference_answer: answer and value hold neither a number nor yes or no")
    return expected


def stated_value(text: str) -> Value | None:
    """The value on the last `ANSWER:` line outside thinking; None if there is none."""
    for line in reversed(_LINE_END.split(stated_text(text))):
        if found := _ANSWER_LINE.fullmatch(before_turn_token(line)):
            return read_value(before_turn_token(found[1]).strip("* \t"))
    return None


def is_right(given: Value | None, expected: Expected, *, decline_requested: bool = False) -> bool:
    """True if the answer matches the reference under any accepted interpretation of a bare number.

    If the question asks for a decline, "5 decrease" may mean 5 as well as -5.
    """
    if isinstance(given, bool) or expected.verdict is not None:
        return given is expected.verdict
    if given is None:
        return False
    signs = (1, -1) if given.declined and decline_requested else (1,)
    return any(
        target.met_by(given.value * sign * factor, given.step * factor)
        for sign in signs
        for target, factor in _ways(given, expected)
    )


def _ways(given: Number, expected: Expected) -> Iterator[tuple[Target, Fraction]]:
    """Each target that the number may stand for, and the factor that converts the number to it."""
    if expected.amount and not given.percent:
        yield from ((expected.amount, factor) for factor in _amount_factors(given, expected))
    if given.scale != 1 or (given.cents and expected.amount) or (given.currency and expected.in_percent):
        return
    for ratio in expected.ratios:
        if given.percent or expected.in_percent:
            yield ratio, Fraction(1, 100)
        if not given.percent:
            yield ratio, Fraction(1)


def _amount_factors(given: Number, expected: Expected) -> Iterator[Fraction]:
    # 25 cents are 0.25, and also 25 if the reference or the question counts in cents.
    if given.cents:
        yield Fraction(1, 100)
    if not given.cents or expected.in_cents:
        yield Fraction(1)
    if given.scale == 1 and not given.cents:
        yield Fraction(expected.unit)
