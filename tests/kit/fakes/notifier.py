"""A notification topic, in memory."""

from __future__ import annotations

from typing import Any

from rft.contracts.outbound.topic_messages import TopicMessage


class MemoryNotifier:
    """Records published messages. An exception in `fails_with` is raised once instead of publishing."""

    def __init__(self) -> None:
        self.sent_keys: set[str] = set()
        self.sent: list[tuple[str, dict[str, Any]]] = []
        self.texts: list[str] = []
        self.fails_with: list[Exception] = []
        self.ends = frozenset({"FAILED", "REJECTED", "CANCELLED"})

    def publish(self, message: TopicMessage) -> None:
        if self.fails_with:
            raise self.fails_with.pop(0)
        if message.notice in self.sent_keys:
            return
        self.sent_keys.add(message.notice)
        self.sent.append((message.subject, dict(message.facts)))
        self.texts.append(message.text)
