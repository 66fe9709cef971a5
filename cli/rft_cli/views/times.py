"""Formats and parses times. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

UNITS = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


def duration(span: timedelta) -> str:
    """Formats as `42 s`, `12 min`, `3 h` or `5 d`: the largest unit with a value of at least 2, or seconds."""
    seconds = max(0, round(span.total_seconds()))
    name, size = next(((name, size) for name, size in UNITS if seconds >= 2 * size), UNITS[-1])
    return f"{seconds // size} {name}"


def ago(at: datetime, now: datetime) -> str:
    """Formats the age of `at`, as in `3 h ago`."""
    return f"{duration(now - at)} ago"


def instant(text: str) -> datetime:
    """Parses a timestamp of the API."""
    return datetime.fromisoformat(text)
