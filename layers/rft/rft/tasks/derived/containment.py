"""Wrong answers that contain the right value as a substring or in their working. Pure."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator

from rft.tasks.derived.probe import DerivedProbe, paired
from rft.tasks.subject import Subject

FILLER = [
    "about",
    "above",
    "again",
    "after",
    "all",
    "also",
    "although",
    "always",
    "among",
    "another",
    "around",
    "because",
    "before",
    "between",
    "both",
    "but",
    "during",
    "each",
    "either",
    "enough",
    "even",
    "every",
    "few",
    "first",
    "however",
    "indeed",
    "instead",
    "into",
    "later",
    "less",
    "many",
    "more",
    "most",
    "much",
    "never",
    "often",
    "once",
    "other",
    "perhaps",
    "quite",
    "rather",
    "same",
    "several",
    "since",
    "such",
    "than",
    "their",
    "then",
    "there",
    "these",
    "they",
    "through",
    "together",
    "under",
    "until",
    "very",
    "when",
    "where",
    "which",
    "while",
    "with",
    "within",
    "without",
    "yet",
]
"""Words that say nothing by themselves."""

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
    if subject.word.replace(" ", "").isalpha() and not subject.options and len(subject.word) > 1:
        times = math.ceil(len(subject.word) / 6)
        yield DerivedProbe("containment/word_goes_on", subject.put(f"{subject.word}{'ling' * times}"))
        yield DerivedProbe("containment/word_at_end", subject.put(f"{'over' * times}{subject.word}"))
    if subject.text:
        yield DerivedProbe("containment/words_among_others", _unordered(subject.text))
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


def _unordered(text: str) -> str:
    """The words of a long text in alphabetical order, and twice as many others: it says nothing."""
    words = re.findall(r"\w+", text)
    filler = itertools.islice(itertools.cycle(FILLER), 2 * len(words))
    return " ".join(sorted([*words, *filler], key=str.lower))
