"""Where a rule-based grader finds the question and the reference."""

from __future__ import annotations

import re
from typing import Any

from rft.contracts.grading import Sample
from rft.rewards.samples import UngradableSample

_LINE_END = re.compile(r"[\r\n]")


def first_line(text: str) -> str:
    """Up to the first line end, without white space around it."""
    return _LINE_END.split(text, maxsplit=1)[0].strip()


def question(sample: Sample) -> str:
    """The reference's own copy of the question, else the last user turn."""
    if isinstance(sample.reference, dict) and isinstance(sample.reference.get("question"), str):
        return str(sample.reference["question"])
    return next((text for role, text in reversed(sample.prompt) if role == "user"), "")


def reference_answer(sample: Sample) -> str:
    """The reference where it is text or a number, else its `answer`. Raises UngradableSample where there is none."""
    reference: Any = sample.reference
    value = reference.get("answer") if isinstance(reference, dict) else reference
    if isinstance(value, bool) or not isinstance(value, str | int | float) or not str(value).strip():
        raise UngradableSample("reference_answer: holds no answer, which is text or a number")
    return str(value).strip()
