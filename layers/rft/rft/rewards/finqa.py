"""Scores answers to FinQA's questions on financial reports: a number or yes/no on the last `ANSWER:` line.

A number is right within `finqa_reference.TOLERANCE` of the exact value, or as the reference rounds it. What is whole
("2009", "50%") must be met to the digit: a tolerance would take one year for the next. Per cent and decimals are the
same only where the question or the reference speaks of per cent, and a bare number counts millions only where they or
the report say so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction

from rft.contracts.grading import Sample
from rft.rewards.answers import question, reference_answer
from rft.rewards.components import Component, exact_match
from rft.rewards.finqa_reference import Expected, Target, Value, read_reference, read_value
from rft.rewards.numbers import Number
from rft.rewards.samples import UngradableSample
from rft.rewards.verdicts import without_thinking

_ANSWER_LINE = re.compile(r"[ \t>*_`#-]*(?:final )?answer[ \t*_`]*[:\uff1a](.*)", re.IGNORECASE)
_LINE_END = re.compile(r"[\r\n]+")


def components(sample: Sample) -> Sequence[Component]:
    """`answer` is the score; `readable` says whether one was given. Raises UngradableSample without a reference."""
    reference = sample.reference if isinstance(sample.reference, dict) else {"answer": reference_answer(sample)}
    expected = read_reference(reference, question=question(sample))
    if expected is None:
        raise UngradableSample("reference_answer: holds neither a number nor yes or no")
    given = read_answer(sample.answer)
    return exact_match(right=is_right(given, expected), readable=given is not None)


def read_answer(text: str) -> Value | None:
    """What the last `ANSWER:` line outside thinking says; None where it says nothing, or anything else."""
    for line in reversed(_LINE_END.split(without_thinking(text))):
        if found := _ANSWER_LINE.fullmatch(line):
            return read_value(found[1].strip("* \t"))
    return None


def is_right(given: Value | None, expected: Expected) -> bool:
    """Whether the answer meets the reference, however a bare number may be meant."""
    if isinstance(given, bool) or expected.verdict is not None:
        return given is expected.verdict
    if given is None:
        return False
    return any(target.met_by(given.value * factor, given.step * factor) for target, factor in _ways(given, expected))


def _ways(given: Number, expected: Expected) -> Iterator[tuple[Target, Fraction]]:
    """Each target that the number may be meant for, and the factor that brings it there."""
    if expected.amount and not given.percent:
        yield expected.amount, Fraction(1)
        if given.scale == 1:
            yield expected.amount, Fraction(expected.unit)
    if expected.ratio and given.scale == 1:
        yield expected.ratio, Fraction(1, 100)
        if not given.percent:
            yield expected.ratio, Fraction(1)
