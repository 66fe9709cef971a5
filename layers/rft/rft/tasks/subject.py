"""Classifies references from which right and wrong answers can be derived. Pure.

References with several possible right answers are excluded: long ones, and those of prompts for an example, free text
or an estimate.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from rft.contracts.dataset import DatasetRow
from rft.rewards.gsm8k import read_solution
from rft.rewards.reading.answers import answer_of
from rft.rewards.reading.numbers import Number, plain_digits, read_number
from rft.rewards.samples import UngradableSample, read_reference
from rft.tasks.answer_rules import Rule, rule_of

MAX_WORDS, MAX_CHARACTERS = 6, 60
"""A longer reference may be paraphrased, so no derived answer is certainly wrong."""

MIN_PROSE = 10
"""Words of a text whose words alone, without their order, are no answer."""

_POINTS = ".,;:!?'\"()"
_OPEN = re.compile(
    r"\b(?:give|name|write|suggest|list|provide|find|think of) (?:me )?(?:an? |any |one |some )"
    r"|\bany (?:one|example|number|word|prime|valid|correct)\b|\bfor example\b|\bexamples? of\b"
    r"|\bstory\b|\bpoem\b|\bessay\b"
    r"|\bsummar|\btranslat|\bparaphras|\brewrite\b|\bestimate|\bapprox|\brough|\bat (?:least|most)\b|\btolerance\b"
    r"|\bwithin\b",
    re.IGNORECASE,
)
_OPTION = re.compile(r"(?:^|\n|\s)\(?([A-H])[).:]\s+([^\n]+?)(?=\s+\(?[A-H][).:]\s|\n|$)")
_UNSURE = re.compile(r"\b(?:not?|never|none|neither|nor|or|and|un\w+|either|both|any|all)\b|n't\b", re.IGNORECASE)
_FORMS = (
    ("JUDGMENT:", "JUDGMENT: ", "\nREASONING: It does more of what was asked."),
    ("####", "#### ", ""),
    ("ANSWER:", "ANSWER: ", ""),
    ("\\boxed", "\\boxed{", "}"),
    ("<answer>", "<answer>", "</answer>"),
)
"""The answer format that a prompt requires: text before and after the value."""


@dataclass(frozen=True)
class Subject:
    """What is known about a row's answer.

    `value`: the reference's answer as text, '' if it has no short one. `text`: a long one, which may be paraphrased.
    `fields`: those of a JSON answer.

    `form`: the text before and after the value in a right answer; None if unknown. `working`: right answers may show
    working before the value. `other`: a wrong value, '' if none is certain. `options`: the choices that the prompt
    lists. `rule`: the task's own, if any: True for a right answer, False for a wrong one.
    """

    prompt: str
    value: str = ""
    text: str = ""
    number: Number | None = None
    fields: Mapping[str, Any] | None = None
    form: tuple[str, str] | None = None
    other: str = ""
    options: tuple[str, ...] = ()
    rule: Rule | None = None
    working: bool = False

    def put(self, value: str) -> str:
        """The value in the format that the prompt requires."""
        before, after = self.form or ("", "")
        return f"{before}{value}{after}"

    @property
    def integer(self) -> int | None:
        """The value, if it is a plain integer."""
        plain = self.number is not None and self.number.scale == 1 and not self.number.percent
        return int(self.number.value) if self.number and plain and self.number.value.denominator == 1 else None

    @property
    def word(self) -> str:
        """The value, if it is a text without alternatives."""
        return "" if self.number or self.fields or _UNSURE.search(self.value) else self.value


def read_subject(row: DatasetRow, right: Sequence[str] = ()) -> Subject:
    """`right`: known right answers to the row."""
    prompt = next((m.content for m in reversed(row.messages) if m.role == "user"), "")
    rule = rule_of(row)
    try:
        reference = read_reference(row.reference_answer)
        value = _value(reference, row)
    except UngradableSample:
        return Subject(prompt, rule=rule)
    fields = _fields(reference, row, right)
    if fields is not None:
        return Subject(prompt, fields=fields, form=("", ""))
    if not value or (rule is None and (_is_long(value) or _OPEN.search(prompt))):
        return Subject(prompt, text=value if rule is None and _is_prose(value) else "", rule=rule)
    number, options = read_number(value), _options(prompt, value)
    return Subject(
        prompt,
        value=value,
        number=number,
        form=_form(row, value, right),
        other=_other(value, number, options),
        options=options,
        rule=rule,
        working=rule is not None or any("\n" in answer.strip() for answer in right),
    )


def _value(reference: object, row: DatasetRow) -> str:
    if isinstance(reference, dict) and "label" in reference:
        return str(reference["label"])
    text = (answer_of(reference) or "").strip()
    number = read_solution(text) if "####" in row.prompt or "####" in text or "\\boxed" in text else None
    return f"{plain_digits(number.value)}{'%' if number.percent else ''}" if number else text


def _is_long(value: str) -> bool:
    return len(value) > MAX_CHARACTERS or len(value.split()) > MAX_WORDS or "\n" in value


def _is_prose(value: str) -> bool:
    words = value.split()
    return len(words) >= MIN_PROSE and sum(word.strip(_POINTS).isalpha() for word in words) >= 0.8 * len(words)


def _fields(reference: object, row: DatasetRow, right: Sequence[str]) -> Mapping[str, Any] | None:
    """The reference's fields if answers are JSON objects with these fields, by a right answer or by the prompt."""
    known = reference if isinstance(reference, dict) else None
    if not known:
        return None
    if any(_object(answer) == known for answer in right):
        return known
    named = "json" in row.prompt.casefold() and all(re.search(rf"\b{re.escape(key)}\b", row.prompt) for key in known)
    return known if named else None


def _object(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _form(row: DatasetRow, value: str, right: Sequence[str]) -> tuple[str, str] | None:
    """From a right answer with the value exactly once on its last line, else from the prompt."""
    for answer in sorted(right, key=len):
        last = answer.rpartition("\n")[2]
        if last.count(value) == 1 and "JUDGMENT:" not in row.prompt:
            before, _, after = last.partition(value)
            return before, after
    found = next(((before, after) for mark, before, after in _FORMS if mark in row.prompt), None)
    return found or (None if right else ("", ""))


def _options(prompt: str, value: str) -> tuple[str, ...]:
    """The letters or texts that the prompt lists as choices, if the value is one of them."""
    found = _OPTION.findall(prompt)
    letters, texts = [letter for letter, _ in found], [text.strip() for _, text in found]
    if letters != [chr(ord("A") + n) for n in range(len(found))] or len(found) < 2:
        return ("Response 1", "Response 2", "Tie") if value in ("Response 1", "Response 2", "Tie") else ()
    return next((tuple(each) for each in (letters, texts) if value in each), ())


def _other(value: str, number: Number | None, options: Sequence[str]) -> str:
    """A wrong value: another option, the opposite, or another number."""
    if value in options:
        return options[(options.index(value) + 1) % len(options)]
    opposite = {"yes": "no", "no": "yes", "true": "false", "false": "true"}.get(value.casefold())
    if opposite:
        return opposite.title() if value.istitle() else opposite.upper() if value.isupper() else opposite
    if number is None:
        return ""
    other = 2 * number.value + 3
    other = other if other != number.value else number.value + 5
    return f"{plain_digits(Fraction(other))}{'%' if number.percent else ''}"


def rule_allows(subject: Subject, answer: str, *, right: bool) -> bool:
    """True if the task's own rules confirm that the answer is right, or wrong; also if it has no rules."""
    return subject.rule is None or subject.rule(answer) is right
