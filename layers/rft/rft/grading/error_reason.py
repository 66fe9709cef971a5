"""Says why a sample has no score, in one line that screens and reports can show, and groups equal reasons. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from rft.text import text_line

MAX_CHARACTERS = 200
"""Max characters of a reason: enough for a class and a message, and little of a foreign exception's quotes."""
MAX_READ = 100_000
"""Max characters of a foreign message that are read."""


@dataclass(frozen=True)
class ReasonCount:
    """How often a reason was given, and one sample that it was given for."""

    reason: str
    count: int
    example: str

    def __str__(self) -> str:
        return f"{self.reason} ({self.count:,}, for example {self.example})"


def error_reason(error: BaseException) -> str:
    """Class and message; control characters, which could write to a terminal, are shown as escapes."""
    return one_line(f"{type(error).__name__}: {error}".removesuffix(": "))


def one_line(text: str) -> str:
    """Printable characters, on one line, max MAX_CHARACTERS."""
    return text_line(" ".join(text[:MAX_READ].split()), MAX_CHARACTERS)


def grouped(reasons: Iterable[tuple[str, str]]) -> list[ReasonCount]:
    """From pairs of reason and sample: the most frequent reason first, each with its first sample."""
    counts, examples = Counter[str](), dict[str, str]()
    for reason, sample in reasons:
        counts[reason] += 1
        examples.setdefault(reason, sample)
    return [ReasonCount(reason, count, examples[reason]) for reason, count in counts.most_common()]
