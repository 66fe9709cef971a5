"""An answer derived from a row's reference, with its expected quality. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DerivedProbe:
    """`code` is stable: `family/form`. `right`: a right answer in another format; otherwise the answer is wrong.

    Probes of one row with the same `pair` count together: a grader that reads one position of an answer may
    legitimately accept one of them, but not all. `base`: the plain answer to which this one adds words; it must not
    score more.
    """

    code: str
    answer: str
    right: bool = False
    pair: str = ""
    base: str | None = None

    @property
    def family(self) -> str:
        """The name of the smoke test's check."""
        return self.code.partition("/")[0]


def paired(code: str, first: str, second: str) -> tuple[DerivedProbe, ...]:
    """The same wrong answer in both orders."""
    return DerivedProbe(code, first, pair=code), DerivedProbe(code, second, pair=code)
