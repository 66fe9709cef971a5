"""The prompt itself as an answer. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rft.rewards.reading.numbers import read_number
from rft.tasks.derived.probe import DerivedProbe
from rft.tasks.subject import Subject

_NUMBER = re.compile(r"-?[0-9][0-9,]*(?:\.[0-9]+)?")
_WORD = re.compile(r"\w+")
MIN_RATIO = 3
"""Minimum ratio of the prompt's length to the value's: a shorter prompt may itself be an answer."""


def echo(subject: Subject) -> Iterator[DerivedProbe]:
    prompt, value = subject.prompt.strip(), subject.value
    # A parser may accept a prompt that starts or ends with the value.
    if not value or len(prompt) < MIN_RATIO * len(value) or value in _ends(subject, prompt):
        return
    yield DerivedProbe("echo/prompt", prompt)


def _ends(subject: Subject, prompt: str) -> set[str]:
    if subject.number is None:
        words = _WORD.findall(prompt) or [""]
        head, tail = subject.value.split()[0], subject.value.split()[-1]
        return {subject.value} if words[0] == head or words[-1] == tail else set()
    found = [read_number(text) for text in _NUMBER.findall(prompt)]
    return {subject.value} if subject.number in (*found[:1], *found[-1:]) else set()
