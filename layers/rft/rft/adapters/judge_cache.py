"""Caches judge replies in memory and in a DynamoDB table with a TTL."""

from __future__ import annotations

import threading
from collections import OrderedDict
from datetime import timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from rft.observability import logger
from rft.ports.grading import JudgeCache
from rft.ports.storage import Clock

ENTRIES = 20_000
"""A key and a reply take about 300 bytes: 6 MB in total."""


class MemoryJudgeCache:
    """LRU cache of replies; misses are read from `behind`."""

    def __init__(self, behind: JudgeCache | None = None, *, entries: int = ENTRIES) -> None:
        self._behind, self._entries = behind, entries
        self._replies: OrderedDict[str, str] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str) -> str | None:
        with self._lock:
            if key in self._replies:
                self._replies.move_to_end(key)
                return self._replies[key]
        text = self._behind.get(key) if self._behind else None
        if text is not None:
            self._keep(key, text)
        return text

    def put(self, key: str, text: str) -> None:
        self._keep(key, text)
        if self._behind:
            self._behind.put(key, text)

    def _keep(self, key: str, text: str) -> None:
        with self._lock:
            self._replies[key] = text
            self._replies.move_to_end(key)
            while len(self._replies) > self._entries:
                self._replies.popitem(last=False)


class DynamoJudgeCache:
    """One item per reply. `client` must have short timeouts and no retries: a miss costs less than waiting."""

    def __init__(self, client: Any, *, table: str, days: int, clock: Clock) -> None:
        self._client, self._table, self._clock = client, table, clock
        self._keep_for = timedelta(days=days)

    def get(self, key: str) -> str | None:
        try:
            item = self._client.get_item(TableName=self._table, Key={"pk": {"S": key}}).get("Item", {})
        except (ClientError, BotoCoreError) as error:
            self._missed(error)
            return None
        # DynamoDB deletes expired items only within days, so the expiry is checked here as well.
        fresh = int(item.get("expires_at", {}).get("N", "0")) > self._clock.now().timestamp()
        return str(item["reply"]["S"]) if fresh and "reply" in item else None

    def put(self, key: str, text: str) -> None:
        expires = int((self._clock.now() + self._keep_for).timestamp())
        item = {"pk": {"S": key}, "reply": {"S": text}, "expires_at": {"N": str(expires)}}
        try:
            self._client.put_item(TableName=self._table, Item=item)
        except (ClientError, BotoCoreError) as error:
            self._missed(error)

    def _missed(self, error: Exception) -> None:
        logger().debug("judge cache not reached", extra={"error": type(error).__name__})
