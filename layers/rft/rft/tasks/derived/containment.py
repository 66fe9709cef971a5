"""Wrong answers that contain the right value as a substring or in their working. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from rft.tasks.derived.probe import DerivedProbe, paired
from rft.tasks.subject import Subject

_BEGINS = {
    "A": "Apparently",
    "B": "Because",
    "C": "Certainly",
    "D": "Doubtful",
    "E": "Evidently",
    "F": "Frankly",
    "G": "Generally",
    "H": "However",
}
"""A word that starts with an option's letter but is not one of the options."""


def containment(subject: Subject) -> Iterator[DerivedProbe]:
    """The value inside a longer number or word, or in working with a different result."""
    if subject.number is not None:
        yield from _numbers(subject)
    elif subject.value in _BEGINS and subject.options:
        yield DerivedProbe("containment/letter_in_word", f"{_BEGINS[subject.value]}, this is unclear.")
    elif subject.word and " " not in subject.word and subject.word.isalpha() and len(subject.word) > 2:
        yield DerivedProbe("containment/inside_word", subject.put(f"pre{subject.word}ish"))
    if subject.other and "JUDGMENT" not in subject.put(""):
        value, wrong = subject.value, subject.put(subject.other)
        mention = f"At first sight {value} may seem right."
        yield from paired("containment/in_working", f"{mention}\n{wrong}", f"{wrong}\n{mention}")


def _numbers(subject: Subject) -> Iterator[DerivedProbe]:
    whole = subject.integer
    if whole is None or whole < 0:
        return
    for name, value in (("inside_number", f"1{whole}7"), ("number_goes_on", f"{whole}9")):
        yield DerivedProbe(f"containment/{name}", subject.put(value))
    if whole >= 100:
        yield DerivedProbe("containment/point_inside", subject.put(f"{str(whole)[:-1]}.{str(whole)[-1]}"))
