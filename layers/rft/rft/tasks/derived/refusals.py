"""Answers that refuse. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rft.tasks.derived.probe import DerivedProbe
from rft.tasks.subject import Subject

_REFUSES = re.compile(
    r"\b(?:sorry|cannot|can't|unable|refus\w*|decline\w*|unknown|don't know|unanswerable)\b", re.IGNORECASE
)

REFUSALS = {
    "sorry": "I'm sorry, but I can't help with that.",
    "not_known": "I don't know.",
    "no_information": "There is not enough information to answer this question.",
}


def refusals(subject: Subject) -> Iterator[DerivedProbe]:
    """Empty unless the reference is an answer and neither it nor the prompt mentions refusal."""
    answer = subject.value or subject.text
    if not (answer or subject.fields) or _REFUSES.search(answer) or _REFUSES.search(subject.prompt):
        return
    if re.search(r"not enough|insufficient|cannot be determined", f"{subject.prompt} {answer}", re.IGNORECASE):
        return
    for name, text in REFUSALS.items():
        yield DerivedProbe(f"refusals/{name}", text)
