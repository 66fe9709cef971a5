"""A topic in memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class MemoryNotifier:
    """Remembers what was sent. An exception put in `fails_with` is raised once instead of sending."""

    def __init__(self) -> None:
        self.notices: set[str] = set()
        self.sent: list[tuple[str, dict[str, Any]]] = []
        self.fails_with: list[Exception] = []

    def publish(self, notice: str, subject: str, message: Mapping[str, Any]) -> None:
        if self.fails_with:
            raise self.fails_with.pop(0)
        if notice in self.notices:
            return
        self.notices.add(notice)
        self.sent.append((subject, dict(message)))
