"""Reports that tests write for human readers."""

from __future__ import annotations

from pathlib import Path

BUILD = Path(__file__).parents[2] / "build"

FAULT_MATRIX = BUILD / "fault-matrix.txt"
"""Results of all runs of the fault matrix."""

SOAK = BUILD / "soak.txt"
"""Measurements of many concurrent runs."""

GAME_DAY = BUILD / "game-day.txt"
"""Measurements of a busy day."""


def leave(report: Path, text: str) -> None:
    """Write a report; it is printed at the end of the test session."""
    report.parent.mkdir(exist_ok=True)
    report.write_text(text)
