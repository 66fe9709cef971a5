"""A topic in memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class MemoryNotifier:
    """Remembers what was sent. An exception put in `fails_with` is raised once instead of sending."""

    def __init__(self) -> None:
        self.sent_keys: set[str] = set()
        self.sent: list[tuple[str, dict[str, Any]]] = []
        self.fails_with: list[Exception] = []

    def publish(self, notice: str, subject: str, message: Mapping[str, Any]) -> None:
        if self.fails_with:
            raise self.fails_with.pop(0)
        if notice in self.sent_keys:
            return
        self.sent_keys.add(notice)
        self.sent.append((subject, dict(message)))
