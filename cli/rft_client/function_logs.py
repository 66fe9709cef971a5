"""Log lines of a stack's functions for one run, read with FilterLogEvents."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from rft_client.errors import RftClientError

MAX_INVOCATION = timedelta(minutes=15)
"""Maximum function timeout (AWS Lambda quotas)."""
MAX_STREAMS = 100
"""Maximum log streams per call (CloudWatch Logs API Reference, FilterLogEvents)."""
START = re.compile(r'START RequestId: |\{.*"type": ?"platform\.start"')
"""First line of each invocation, in LogFormat Text or JSON."""

Found = Mapping[str, Any]
"""An event in the format of FilterLogEvents."""


@dataclass(frozen=True)
class LogLine:
    """`function`: logical id; `key`: unique per line."""

    at: datetime
    function: str
    message: str
    key: tuple[str, str]


class FunctionLogs:
    """`logs`: a boto3 client of CloudWatch Logs. Methods raise botocore errors if the caller lacks permissions."""

    def __init__(self, logs: Any, stack: str) -> None:
        self._logs = logs
        self._prefix = f"/aws/lambda/{stack}/"

    def groups(self, function: str | None = None) -> list[str]:
        """Log groups of the stack's functions, or of one function. Raises RftClientError if there are none."""
        pages = self._logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=self._prefix)
        known = [group["logGroupName"] for page in pages for group in page["logGroups"]]
        if not known:
            raise RftClientError(f"No log groups {self._prefix}* found; check --stack, the name of the deployed stack")
        chosen = [name for name in known if function in (None, name.removeprefix(self._prefix))]
        if not chosen:
            names = ", ".join(sorted(name.removeprefix(self._prefix) for name in known))
            raise RftClientError(f"Function {function} not found; the stack's functions are {names}")
        return chosen

    def lines(self, groups: Iterable[str], run_id: str, *, since: datetime, until: datetime) -> list[LogLine]:
        """All lines of invocations that mention the run, by time; lines before `since` are omitted."""
        found = [line for group in groups for line in self._of_group(group, run_id, since, until)]
        return sorted(found, key=lambda line: line.at)

    def _of_group(self, group: str, run_id: str, since: datetime, until: datetime) -> Iterator[LogLine]:
        hits = self._events(group, since, until, filterPattern=f'"{run_id}"')
        streams = sorted({event["logStreamName"] for event in hits})
        if not streams:
            return
        times = [_time(event) for event in hits]
        first, last = max(since, min(times) - MAX_INVOCATION), min(until, max(times) + MAX_INVOCATION)
        by_stream: dict[str, list[Found]] = defaultdict(list)
        for start in range(0, len(streams), MAX_STREAMS):
            for event in self._events(group, first, last, logStreamNames=streams[start : start + MAX_STREAMS]):
                by_stream[event["logStreamName"]].append(event)
        for events in by_stream.values():
            for invocation in invocations(events):
                if any(run_id in event["message"] for event in invocation):
                    yield from (self._line(group, event) for event in invocation)

    def _events(self, group: str, since: datetime, until: datetime, **chosen: Any) -> list[Found]:
        window = {"startTime": _milliseconds(since), "endTime": _milliseconds(until)}
        pages = self._logs.get_paginator("filter_log_events").paginate(logGroupName=group, **window, **chosen)
        return [event for page in pages for event in page["events"]]

    def _line(self, group: str, event: Found) -> LogLine:
        message = event["message"].rstrip("\n")
        return LogLine(_time(event), group.removeprefix(self._prefix), message, (group, event["eventId"]))


def invocations(events: Sequence[Found]) -> Iterator[list[Found]]:
    """Splits a log stream's events by invocation. A stream belongs to one process, so invocations do not overlap."""
    current: list[Found] = []
    for event in sorted(events, key=lambda each: int(each["timestamp"])):
        if START.match(event["message"]) and any(START.match(each["message"]) for each in current):
            yield current
            current = []
        current.append(event)
    if current:
        yield current


def _time(event: Found) -> datetime:
    return datetime.fromtimestamp(event["timestamp"] / 1000, UTC)


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)
