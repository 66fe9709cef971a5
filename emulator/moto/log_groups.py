"""Writes function logs to moto's CloudWatch Logs with the permissions of the function's role."""

from __future__ import annotations

import threading
import time
from typing import Any

from moto.logs.models import logs_backends

from emulator.functions.spec import FunctionSpec
from emulator.iam.authorizer import Authorizer, Check
from emulator.iam.principals import session

MAX_EVENTS = 20_000
"""Maximum events kept per stream; older events are dropped."""

MAX_BYTES = 262_144
"""Maximum size of an event; Lambda truncates longer lines (CloudWatch Logs quotas: 256 KB)."""


class LogGroups:
    """Writes a function's lines to its log group if its role allows it; otherwise they are dropped, as on AWS."""

    def __init__(self, authorizer: Authorizer, *, account: str, region: str) -> None:
        self._authorizer = authorizer
        self._account, self._region = account, region
        self._lock = threading.Lock()

    def write(self, spec: FunctionSpec, stream: str, line: str) -> None:
        with self._lock:
            found = self._stream(spec, stream)
            if found is not None:
                self._append(found, line)

    def deliver(self, group: str, stream: str, line: str) -> None:
        """Write one line of a service that the group's resource policy allows, such as API Gateway."""
        with self._lock:
            found = logs_backends[self._account][self._region].groups[group]
            if stream not in found.streams:
                found.create_log_stream(stream)
            self._append(found.streams[stream], line)

    def _append(self, stream: Any, line: str) -> None:
        message = line.encode()[:MAX_BYTES].decode(errors="ignore")
        stream.put_log_events([{"timestamp": int(time.time() * 1000), "message": message}])
        del stream.events[:-MAX_EVENTS]

    def _stream(self, spec: FunctionSpec, name: str) -> Any:
        """Return the log stream; returns None if the role may not write to it or may not create the missing group."""
        group, groups = spec.log_group, logs_backends[self._account][self._region].groups
        if group not in groups and not self._create_group(spec):
            return None
        streams = groups[group].streams
        if name not in streams:
            if not all(self._may(spec, action) for action in ("CreateLogStream", "PutLogEvents")):
                return None
            groups[group].create_log_stream(name)
        return streams[name]

    def _create_group(self, spec: FunctionSpec) -> bool:
        allowed = self._may(spec, "CreateLogGroup")
        if allowed:
            logs_backends[self._account][self._region].create_log_group(spec.log_group, {})
        return allowed

    def _may(self, spec: FunctionSpec, action: str) -> bool:
        resource = f"arn:aws:logs:{self._region}:{self._account}:log-group:{spec.log_group}:*"
        return self._authorizer.allows(session(spec.role_arn, spec.name), Check(f"logs:{action}", resource))
