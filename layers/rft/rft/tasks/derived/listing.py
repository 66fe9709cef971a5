"""Answers that list many values, the right one among them. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from rft.tasks.derived.probe import DerivedProbe, paired
from rft.tasks.subject import Subject

LONGEST = 1000
NEIGHBOURS = 5


def listing(subject: Subject) -> Iterator[DerivedProbe]:
    # The right value is never first or last, so a grader that reads one position does not find it.
    whole, options = subject.integer, subject.options
    if whole is not None:
        near = [str(n) for n in range(whole - NEIGHBOURS, whole + NEIGHBOURS + 1)]
        far = [str(n) for n in range(LONGEST + 1)] if 0 < whole < LONGEST else near
        yield DerivedProbe("listing/numbers", subject.put(" ".join(far)))
        yield DerivedProbe("listing/lines", "\n".join(subject.put(n) for n in near))
    elif len(options) > 2:
        others = [option for option in options if option != subject.value]
        order = [others[0], subject.value, *others[1:]]
        yield DerivedProbe("listing/options", subject.put(", ".join(order)))
        yield DerivedProbe("listing/lines", "\n".join(subject.put(option) for option in order))
    elif subject.other:
        both = (subject.value, subject.other)
        yield from paired("listing/options", subject.put(", ".join(both)), subject.put(", ".join(both[::-1])))
