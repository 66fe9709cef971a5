"""Right, wrong and malformed answers with a number after `####`, from a row's reference. Pure."""

from __future__ import annotations

from rft.contracts.dataset import DatasetRow
from rft.rewards.gsm8k import MARK, read_solution
from rft.rewards.reading.answers import reference_answer
from rft.rewards.reading.numbers import Number, plain_digits
from rft.rewards.samples import UngradableSample
from rft.tasks.base import Probes
from rft.tasks.bedrock_rows import row_sample

_SOLUTIONS = ("solution", "original_answer")


def gsm8k_probes(row: DatasetRow) -> Probes:
    """Right: the solution. Wrong: an error at its end, and hedging. Malformed: no number at the required position.

    Raises UngradableSample if the reference contains no number.
    """
    number = read_solution(reference_answer(row_sample(row)))
    if number is None:
        raise UngradableSample("reference_answer: holds no number that can be read")
    right, slip, other = _numbers(number)
    working = _working(row)
    return Probes(
        right=(f"{working}\n#### {right}", f"#### {right}"),
        wrong=(f"{working}\n#### {other}", f"#### {slip}", f"{working}\n#### {right}\n#### {slip}"),
        malformed=(f"{working}\n{right}", f"{working}\n####", f"{working}\n#### {right} or {slip}"),
        swapped=(f"{working}\n#### {slip}",),
    )


def _numbers(number: Number) -> tuple[str, str, str]:
    """The right number, one that is off by one, and another; the last two are never right."""
    value, sign = number.value, "%" if number.percent else ""
    other = 2 * value + 3
    found = (value, value + 1, other if other not in {value, value + 1} else value + 2)
    return f"{plain_digits(found[0])}{sign}", f"{plain_digits(found[1])}{sign}", f"{plain_digits(found[2])}{sign}"


def _working(row: DatasetRow) -> str:
    """The worked solution without its last line; '' if the row has none."""
    extra = row.model_extra or {}
    found = next((extra[key] for key in _SOLUTIONS if isinstance(extra.get(key), str)), "")
    return found.partition(MARK)[0].strip()
