"""The parts of CloudWatch Logs that `rft logs` uses, in memory."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any


class FakeCloudWatch:
    """A boto3 client's paginators. Pages have two items; the first page is empty, which AWS allows."""

    def __init__(self) -> None:
        self.groups: dict[str, list[dict[str, Any]]] = {}

    def log(self, group: str, stream: str, at: datetime, message: str) -> None:
        """Add a log event."""
        events = self.groups.setdefault(group, [])
        milliseconds = int(at.timestamp() * 1000)
        event_id = f"{len(events):020}"
        events.append({"logStreamName": stream, "timestamp": milliseconds, "message": message, "eventId": event_id})

    def get_paginator(self, operation: str) -> _Paginator:
        return _Paginator(getattr(self, f"_{operation}"))

    def _describe_log_groups(self, logGroupNamePrefix: str) -> Iterator[dict[str, Any]]:  # noqa: N803
        found = [{"logGroupName": name} for name in self.groups if name.startswith(logGroupNamePrefix)]
        return _pages("logGroups", found)

    def _filter_log_events(
        self,
        logGroupName: str,  # noqa: N803
        startTime: int,  # noqa: N803
        endTime: int,  # noqa: N803
        filterPattern: str = '""',  # noqa: N803
        logStreamNames: tuple[str, ...] = (),  # noqa: N803
    ) -> Iterator[dict[str, Any]]:
        term = filterPattern.strip('"')
        found = [
            event
            for event in self.groups[logGroupName]
            if startTime <= event["timestamp"] <= endTime
            and term in event["message"]
            and (not logStreamNames or event["logStreamName"] in logStreamNames)
        ]
        return _pages("events", found)


class _Paginator:
    def __init__(self, operation: Any) -> None:
        self.paginate = operation


def _pages(name: str, found: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    yield {name: []}
    for start in range(0, len(found), 2):
        yield {name: found[start : start + 2]}
