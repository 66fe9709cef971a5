"""Persists messages published to SNS topics."""

from __future__ import annotations

import threading
from typing import Any

from moto.sns.models import sns_backends

from emulator.state.store import Record, Store

KIND = "message"


class MessageStore:
    """Persists published messages so that they can be counted; they are not delivered again."""

    def __init__(self, store: Store, *, account: str, region: str) -> None:
        self._store = store
        self._account, self._region = account, region
        self._lock = threading.Lock()
        self._saved: dict[str, int] = {}

    def on_call(self) -> None:
        with self._lock:
            for arn, topic in list(self._topics.items()):
                first = self._saved.get(arn, 0)
                new = topic.sent_notifications[first:]
                self._store.put(*(Record(KIND, f"{arn}\0{first + at:08}", list(sent)) for at, sent in enumerate(new)))
                self._saved[arn] = first + len(new)

    def restore(self) -> None:
        """Restore all messages, except those of topics that no longer exist."""
        for key, sent in self._store.all(KIND):
            arn = key.split("\0")[0]
            if arn in self._topics:
                self._topics[arn].sent_notifications.append(tuple(sent))
                self._saved[arn] = self._saved.get(arn, 0) + 1

    @property
    def _topics(self) -> Any:
        return sns_backends[self._account][self._region].topics
