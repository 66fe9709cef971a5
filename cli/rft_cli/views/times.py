"""Times as people say them. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

UNITS = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


def duration(span: timedelta) -> str:
    """`42 s`, `12 min`, `3 h`, `5 d`: in the largest unit that gives at least 2, or seconds."""
    seconds = max(0, round(span.total_seconds()))
    name, size = next(((name, size) for name, size in UNITS if seconds >= 2 * size), UNITS[-1])
    return f"{seconds // size} {name}"


def ago(at: datetime, now: datetime) -> str:
    """`3 h ago`."""
    return f"{duration(now - at)} ago"


def instant(text: str) -> datetime:
    """A time of the API's."""
    return datetime.fromisoformat(text)
