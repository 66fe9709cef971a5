"""Answers with two values, without a choice between them. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from rft.tasks.derived.probe import DerivedProbe, paired
from rft.tasks.subject import Subject


def hedging(subject: Subject) -> Iterator[DerivedProbe]:
    value, other = subject.value, subject.other
    if other:
        # Both orders: a grader that reads only the first or only the last value accepts just one of them.
        yield from paired("hedging/or", subject.put(f"{value} or {other}"), subject.put(f"{other} or {value}"))
        right, wrong = subject.put(value), subject.put(other)
        yield from paired("hedging/then", f"{right}\n{wrong}", f"{wrong}\n{right}")
    elif subject.word:
        yield from paired(
            "hedging/or", subject.put(f"{value} or not {value}"), subject.put(f"not {value}, or {value} perhaps")
        )
