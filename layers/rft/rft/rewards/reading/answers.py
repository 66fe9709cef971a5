"""Locates question and reference in a sample of a rule-based grader."""

from __future__ import annotations

import re
from typing import Any

from rft.contracts.grading import Sample
from rft.rewards.samples import UngradableSample

ANSWER_KEYS = ("answer", "final_answer", "ground_truth", "solution", "text", "target")
"""Keys under which published datasets store the answer, in order of precedence."""

_SPACED_COMMA = re.compile(r"(?<=[0-9]) , (?=[0-9]{3}(?![0-9]))")
"""Tokenized numbers in references: `380 , 000`. In an answer these would be two numbers."""

_LINE_END = re.compile(r"[\r\n]")
_QUESTION = re.compile(r"(?:^|\n)[ \t>*_#]*question[ *_]*[:\uff1a][ *_]*", re.IGNORECASE)


def first_line(text: str) -> str:
    return _LINE_END.split(text, maxsplit=1)[0].strip()


def question(sample: Sample) -> str:
    """The reference's own copy of the question, else the row's, else the last user turn."""
    if isinstance(sample.reference, dict) and isinstance(sample.reference.get("question"), str):
        return str(sample.reference["question"])
    own = sample.fields.get("original_question", sample.fields.get("question"))
    return own if isinstance(own, str) else split_prompt(last_user_turn(sample))[1]


def page(sample: Sample) -> str:
    """The text before the question in the last user message."""
    return split_prompt(last_user_turn(sample))[0]


def last_user_turn(sample: Sample) -> str:
    """The text of the last user message; '' if there is none."""
    return next((text for role, text in reversed(sample.prompt) if role == "user"), "")


def split_prompt(text: str) -> tuple[str, str]:
    """Splits a prompt into the report page and the question.

    The question is the paragraph after the last "Question:", else the last paragraph with a question mark, else the
    whole text (with an empty page).
    """
    marks = list(_QUESTION.finditer(text))
    if marks:
        return text[: marks[-1].start()], text[marks[-1].end() :].strip().partition("\n\n")[0]
    *before, last = text.strip().split("\n\n")
    while before and "?" not in last:
        last = before.pop()
    return ("\n\n".join(before), last) if "?" in last else ("", text)


def reference_answer(sample: Sample) -> str:
    """The reference if it is text or a number, else its answer. Raises UngradableSample if there is none."""
    value = answer_of(sample.reference)
    if value is None:
        raise UngradableSample(
            f"reference_answer: holds no answer, which is text or a number under one of {', '.join(ANSWER_KEYS)}"
        )
    return value


def answer_of(reference: Any) -> str | None:
    """The answer in a reference of any published form: text, a number, or an object with either."""
    if isinstance(reference, dict):
        for key in ANSWER_KEYS:
            if key in reference and (found := answer_of(reference[key])) is not None:
                return found
        return None
    if isinstance(reference, bool) or not isinstance(reference, str | int | float):
        return None
    text = str(reference).strip()
    return (_SPACED_COMMA.sub(",", text) if " , " in text else text) or None
