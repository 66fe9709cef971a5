"""An answer that is derived from a row's reference, and what is known of it. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DerivedProbe:
    """`code` is stable: `family/form`. `right`: a right answer in another form; otherwise the answer is wrong.

    Probes of one row that share a `pair` prove something only together: a grader that reads one place of an answer
    may honestly pay for one of them, and only one that reads no place at all pays for all.
    `base`: the plain answer that this one adds words to; it scores no more than that one.
    """

    code: str
    answer: str
    right: bool = False
    pair: str = ""
    base: str | None = None

    @property
    def family(self) -> str:
        """What the check is named after."""
        return self.code.partition("/")[0]


def paired(code: str, first: str, second: str) -> tuple[DerivedProbe, ...]:
    """The same wrong answer in both orders."""
    return DerivedProbe(code, first, pair=code), DerivedProbe(code, second, pair=code)
