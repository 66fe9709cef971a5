"""The right answer in other formats, which a grader must accept. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator

from rft.tasks.derived.near_texts import case_counts
from rft.tasks.derived.probe import DerivedProbe
from rft.tasks.subject import Subject

WORKING = (
    "First the facts that are given are listed, then what is asked is put in one sentence, and then each step is done "
    "on its own and checked before the next one begins. Nothing that is not given is used. The last step gives what "
    "was asked, and it is written down once more in the form that was asked for, so that nothing else can be meant."
)
NUMBERS = "The question names 3 facts. Of 17 ways, the 2nd one is the shortest: it takes 4 steps."
WORKING_ELSEWHERE = "Zuerst ordne ich die Angaben, dann rechne ich Schritt für Schritt. 先整理已知条件,再逐步推导。"
"""Working in German and Chinese."""


def right_forms(subject: Subject) -> Iterator[DerivedProbe]:
    """Formats that the value allows: separators, signs, case, markup, spaces, a full stop, working before it."""
    if subject.fields is not None:
        yield from _json_forms(subject)
    elif subject.value and subject.form is not None:
        for name, value in _values(subject):
            yield DerivedProbe(f"right_forms/{name}", subject.put(value), right=True)
        plain = subject.put(subject.value)
        yield DerivedProbe("right_forms/spaces", f"\n {plain} \n", right=True)
        if subject.working and "JUDGMENT" not in plain:
            yield DerivedProbe("right_forms/long", f"{WORKING}\n{plain}", right=True)
            yield DerivedProbe("right_forms/numbers_before", f"{NUMBERS}\n{plain}", right=True)
            yield DerivedProbe("right_forms/other_language", f"{WORKING_ELSEWHERE}\n{plain}", right=True)


def _values(subject: Subject) -> Iterator[tuple[str, str]]:
    value, whole = subject.value, subject.integer
    if whole is not None and abs(whole) >= 10_000:
        yield "thousands", f"{whole:,}"
    if subject.number is not None and "," in value and not subject.number.percent:
        yield "digits", value.replace(",", "")
    if whole is not None and subject.rule is not None:
        yield "decimal_zero", f"{whole}.0"
    if subject.number is not None and value.startswith("-"):
        yield "minus_sign", f"\u2212{value[1:]}"
    if subject.number is not None and subject.form == ("", ""):
        yield "boxed", f"\\boxed{{{value}}}"
    if _any_case(subject):
        yield "case", value.lower() if value != value.lower() else value.upper()
    yield "bold", f"**{value}**"
    if not value.endswith("."):
        yield "full_stop", f"{value}."


def _any_case(subject: Subject) -> bool:
    """A word, unless upper and lower case differ: by the prompt, or as in pageSize."""
    word = subject.word
    mixed = word not in (word.lower(), word.upper(), word.capitalize())
    differs = mixed or case_counts(subject) or word.swapcase() in subject.options
    return word.isalpha() and len(word) > 1 and not differs


def _json_forms(subject: Subject) -> Iterator[DerivedProbe]:
    fields = subject.fields or {}
    turned = dict(reversed(list(fields.items())))
    for name, text in (
        ("indented", json.dumps(fields, ensure_ascii=False, indent=2)),
        ("fenced", f"```json\n{json.dumps(fields, ensure_ascii=False)}\n```"),
        ("key_order", json.dumps(turned, ensure_ascii=False)),
    ):
        yield DerivedProbe(f"right_forms/{name}", text, right=True)
