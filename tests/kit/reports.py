"""What tests leave for people to read."""

from __future__ import annotations

from pathlib import Path

BUILD = Path(__file__).parents[2] / "build"

FAULT_MATRIX = BUILD / "fault-matrix.txt"
"""How each run of the fault matrix ended."""

SOAK = BUILD / "soak.txt"
"""What many runs at once took."""

GAME_DAY = BUILD / "game-day.txt"
"""What a busy day took."""


def leave(report: Path, text: str) -> None:
    """Write a report; it is shown at the end of the tests."""
    report.parent.mkdir(exist_ok=True)
    report.write_text(text)
