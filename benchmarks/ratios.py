"""Ratios of two measurements from one run on one machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Ratio:
    """`ours` and `baseline` are in `unit`; the ratio must be >= or <= `bound`, or is informational if it is None."""

    name: str
    ours: float
    baseline: float
    ratio: float
    unit: str = "s"
    bound: float | None = None
    must_be: Literal["at least", "at most"] = "at least"

    @property
    def holds(self) -> bool:
        """Whether the ratio is within its bound; True without a bound."""
        if self.bound is None:
            return True
        return self.ratio >= self.bound if self.must_be == "at least" else self.ratio <= self.bound

    def cells(self) -> tuple[str, ...]:
        sign = "≥" if self.must_be == "at least" else "≤"
        bound = "" if self.bound is None else f"{sign} {self.bound:g}"
        verdict = "" if self.bound is None else ("yes" if self.holds else "NO")
        return (
            self.name,
            _figure(self.ours, self.unit),
            _figure(self.baseline, self.unit),
            f"{self.ratio:.2f}",
            bound,
            verdict,
        )


def speedup(name: str, *, ours: float, baseline: float, bound: float | None = None) -> Ratio:
    """Return the factor by which `ours` is faster than the baseline; both are in seconds."""
    return Ratio(name, ours, baseline, baseline / ours, bound=bound)


def cost(name: str, *, ours: float, baseline: float, bound: float | None = None, unit: str = "s") -> Ratio:
    return Ratio(name, ours, baseline, ours / baseline, unit, bound, "at most")


HEAD = ("what", "ours", "against", "ratio", "must be", "holds")


def table(ratios: Sequence[Ratio]) -> str:
    """Format a Markdown table."""
    rows = [HEAD, *(ratio.cells() for ratio in ratios)]
    widths = [max(len(row[at]) for row in rows) for at in range(len(HEAD))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in rows
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def _figure(value: float, unit: str) -> str:
    return f"{value:,.1f} {unit}" if value >= 10 else f"{value:.3g} {unit}"
