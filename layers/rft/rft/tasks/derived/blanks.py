"""Answers without a value: format only, praise, keywords, and texts on which parsers fail. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from rft.tasks.derived.probe import DerivedProbe
from rft.tasks.subject import Subject

FORM_ONLY = {
    "marker": "#### ",
    "boxed": "\\boxed{}",
    "tags": "<think></think>\n<answer></answer>",
    "many_tags": "<think></think><answer></answer>" * 20,
    "object": "{}",
    "null": "null",
}
UNREADABLE = {
    "open_object": '{"answer": ',
    "open_list": "[1, 2",
    "division_by_zero": "#### 1/0",
    "open_box": "\\boxed{\\frac{1}{",
    "open_tag": "<answer>",
    "symbols": "@@@ %% ^^ ~~",
}


def form_only(subject: Subject) -> Iterator[DerivedProbe]:
    """The required format, and formats of other tasks, around an empty value."""
    if subject.value or subject.fields or subject.text:
        yield from _each("form_only", FORM_ONLY, subject)
        if subject.form and any(subject.form):
            yield DerivedProbe("form_only/own_form", subject.put(""))


def unreadable(subject: Subject) -> Iterator[DerivedProbe]:
    """Texts that cannot be parsed as a value: an exception must not earn a score."""
    if subject.value or subject.fields or subject.text:
        yield from _each("unreadable", UNREADABLE, subject)


def _each(family: str, texts: dict[str, str], subject: Subject) -> Iterator[DerivedProbe]:
    for name, text in texts.items():
        if not subject.value or subject.value not in text:
            yield DerivedProbe(f"{family}/{name}", text)
