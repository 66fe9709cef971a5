"""Formats the reason for a missing score as one printable line, and groups equal reasons. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from rft.text import text_line

MAX_CHARACTERS = 200
"""Maximum length of a reason: a class and a message, but little of what a foreign exception quotes."""
MAX_READ = 100_000
"""Maximum length of a foreign message that is processed."""


@dataclass(frozen=True)
class ReasonCount:
    """The number of samples with this reason, and the first of them."""

    reason: str
    count: int
    example: str

    def __str__(self) -> str:
        return f"{self.reason} ({self.count:,}, for example {self.example})"


def error_reason(error: BaseException) -> str:
    """Class and message. Control characters, which could change the state of a terminal, are escaped."""
    return one_line(f"{type(error).__name__}: {error}".removesuffix(": "))


def one_line(text: str) -> str:
    """Printable characters on one line, max MAX_CHARACTERS."""
    return text_line(" ".join(text[:MAX_READ].split()), MAX_CHARACTERS)


def grouped(reasons: Iterable[tuple[str, str]]) -> list[ReasonCount]:
    """Groups pairs of (reason, sample): the most frequent reason first, each with its first sample."""
    counts, examples = Counter[str](), dict[str, str]()
    for reason, sample in reasons:
        counts[reason] += 1
        examples.setdefault(reason, sample)
    return [ReasonCount(reason, count, examples[reason]) for reason, count in counts.most_common()]
