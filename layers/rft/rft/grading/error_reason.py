"""Says why a sample has no score, in one line that screens and reports can show, and groups equal reasons. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

MAX_CHARACTERS = 200
"""Of a reason: enough for a class and a message, and little of what a foreign exception may quote."""


@dataclass(frozen=True)
class ReasonCount:
    """How often a reason was given, and one sample that it was given for."""

    reason: str
    count: int
    example: str

    def __str__(self) -> str:
        return f"{self.reason} ({self.count:,}, for example {self.example})"


def error_reason(error: BaseException) -> str:
    """Class and message; control characters, which could write to a terminal, are left out."""
    return one_line(f"{type(error).__name__}: {error}".removesuffix(": "))


def one_line(text: str) -> str:
    """Printable characters on one line, MAX_CHARACTERS at most."""
    plain = " ".join("".join(c if c.isprintable() else " " for c in text[: 4 * MAX_CHARACTERS]).split())
    return plain if len(plain) <= MAX_CHARACTERS else plain[: MAX_CHARACTERS - 1] + "\N{HORIZONTAL ELLIPSIS}"


def grouped(reasons: Iterable[tuple[str, str]]) -> list[ReasonCount]:
    """From pairs of reason and sample: the most frequent reason first, each with its first sample."""
    counts, examples = Counter[str](), dict[str, str]()
    for reason, sample in reasons:
        counts[reason] += 1
        examples.setdefault(reason, sample)
    return [ReasonCount(reason, count, examples[reason]) for reason, count in counts.most_common()]
