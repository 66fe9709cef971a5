"""Answers that state the right value and negate it. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from rft.tasks.derived.probe import DerivedProbe, paired
from rft.tasks.subject import Subject


def negation(subject: Subject) -> Iterator[DerivedProbe]:
    value, other = subject.value, subject.other
    if other:
        # Both orders: a grader that reads one position of the answer accepts just one of them.
        yield from paired(
            "negation/not", subject.put(f"not {value} but {other}"), subject.put(f"{other} and not {value}")
        )
    elif subject.word:
        yield from paired(
            "negation/not", subject.put(f"It is not {value}, by no means"), subject.put(f"{value} is wrong here")
        )
