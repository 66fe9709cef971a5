"""Right, wrong and malformed answers on an `ANSWER:` line, from a row's reference. Pure."""

from __future__ import annotations

from rft.contracts.dataset import DatasetRow
from rft.rewards.finqa import expected_of
from rft.rewards.finqa_reference import Expected, read_value
from rft.rewards.reading.answers import answer_of
from rft.rewards.reading.numbers import Number, plain_digits
from rft.tasks.base import Probes
from rft.tasks.bedrock_rows import row_sample


def finqa_probes(row: DatasetRow) -> Probes:
    """Right: the reference's answer. Wrong: a wrong figure, a wrong sign, hedging. Malformed: no final line.

    Raises UngradableSample if the reference contains neither a number nor yes or no.
    """
    sample = row_sample(row)
    right = _right(answer_of(sample.reference) or "", expected_of(sample))
    slip, other = _wrong(right)
    extra = row.model_extra or {}
    program = extra.get("program") or extra.get("original_program") or "they stand in its text"
    working = f"The figures are on the page: {program}."
    return Probes(
        right=(f"{working}\nANSWER: {right}", f"ANSWER: {right}"),
        wrong=(f"{working}\nANSWER: {other}", f"ANSWER: {slip}", f"{working}\nANSWER: {right}\nANSWER: {slip}"),
        malformed=(f"{working} It is {right}.", f"{working}\nANSWER:", f"{working}\nANSWER: {right} or {slip}"),
        swapped=(f"{working}\nANSWER: {slip}",),
    )


def _right(printed: str, expected: Expected) -> str:
    if expected.verdict is not None:
        return "yes" if expected.verdict else "no"
    if expected.consistent and isinstance(read_value(printed), Number):
        return printed.strip()
    if expected.ratios and (expected.in_percent or not expected.amount):
        return f"{plain_digits(expected.ratios[0].value * 100)}%"
    assert expected.amount is not None  # noqa: S101 a readable reference is one of the three
    return plain_digits(expected.amount.value)


def _wrong(right: str) -> tuple[str, str]:
    """Near misses in the same format: 4 % too much, and the negated value (2 if the value is 0)."""
    number = read_value(right)
    if not isinstance(number, Number):
        return ("no", "no") if number else ("yes", "yes")
    sign = "%" if number.percent else ""
    slip = number.value * 26 / 25 if number.value else number.value + 1
    return f"{plain_digits(slip)}{sign}", f"{plain_digits(-number.value or number.value + 2)}{sign}"
