"""Where a rule-based grader finds question and reference, and the quantity that a question is for."""

from __future__ import annotations

import re
from typing import Any

from rft.contracts.grading import Sample
from rft.rewards.samples import UngradableSample

ANSWER_KEYS = ("answer", "final_answer", "ground_truth", "solution", "text", "target")
"""Where published rows have their answer, the first of them counts."""

_SPACED_COMMA = re.compile(r"(?<=[0-9]) , (?=[0-9]{3}(?![0-9]))")
"""In numbers of references that were cut into words: `380 , 000`. In an answer it would be two numbers."""

_LINE_END = re.compile(r"[\r\n]")
_QUESTION = re.compile(r"(?:^|\n)[ \t>*_#]*question[ *_]*[:\uff1a][ *_]*", re.IGNORECASE)


def first_line(text: str) -> str:
    """Up to the first line end, without white space around it."""
    return _LINE_END.split(text, maxsplit=1)[0].strip()


def question(sample: Sample) -> str:
    """The reference's own copy of the question, else the row's, else the last user turn."""
    if isinstance(sample.reference, dict) and isinstance(sample.reference.get("question"), str):
        return str(sample.reference["question"])
    own = sample.fields.get("original_question", sample.fields.get("question"))
    return own if isinstance(own, str) else split_prompt(last_user_turn(sample))[1]


def page(sample: Sample) -> str:
    """What stands before the question in the last user turn."""
    return split_prompt(last_user_turn(sample))[0]


def last_user_turn(sample: Sample) -> str:
    """Its text; '' where there is none."""
    return next((text for role, text in reversed(sample.prompt) if role == "user"), "")


def split_prompt(text: str) -> tuple[str, str]:
    """The page that a prompt shows, and the question on it.

    The question is what follows the last "Question:" to the end of its paragraph, else the last paragraph with a
    question mark, else the whole text, which then has no page.
    """
    marks = list(_QUESTION.finditer(text))
    if marks:
        return text[: marks[-1].start()], text[marks[-1].end() :].strip().partition("\n\n")[0]
    *before, last = text.strip().split("\n\n")
    while before and "?" not in last:
        last = before.pop()
    return ("\n\n".join(before), last) if "?" in last else ("", text)


def reference_answer(sample: Sample) -> str:
    """The reference where it is text or a number, else its answer. Raises UngradableSample where there is none."""
    value = answer_of(sample.reference)
    if value is None:
        raise UngradableSample(
            f"reference_answer: holds no answer, which is text or a number under one of {', '.join(ANSWER_KEYS)}"
        )
    return value


def answer_of(reference: Any) -> str | None:
    """The answer that a reference in any published form holds: text, a number, or an object with either."""
    if isinstance(reference, dict):
        for key in ANSWER_KEYS:
            if key in reference and (found := answer_of(reference[key])) is not None:
                return found
        return None
    if isinstance(reference, bool) or not isinstance(reference, str | int | float):
        return None
    text = str(reference).strip()
    return (_SPACED_COMMA.sub(",", text) if " , " in text else text) or None
