"""An HTTP API's access log: one line per request, in the stage's format.

API Gateway Developer Guide, "Customize HTTP API access logs": a variable without a value is written as a dash.
"""

from __future__ import annotations

import json
import re
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from werkzeug.wrappers import Request

from emulator.http.routes import Route

Deliver = Callable[[str, str, str], None]
"""Called with the names of a log group and stream, and a line."""

_VARIABLE = re.compile(r"\$context\.([A-Za-z.]+[A-Za-z])")


@dataclass
class Exchange:
    """A request in progress. `route` and `caller` keep their defaults if it is rejected before they are known."""

    request: Request
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    started: float = field(default_factory=time.monotonic)
    route: Route | None = None
    caller: Mapping[str, Any] = field(default_factory=dict)

    @property
    def claims(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.caller.get("jwt", {}).get("claims", {})
        return found


@dataclass(frozen=True)
class Entry:
    """A request and its response. `error` is API Gateway's message; '' if the function responded."""

    exchange: Exchange
    status: int
    length: int
    error: str


_VALUES: Mapping[str, Callable[[Entry], Any]] = {
    "error.message": lambda entry: entry.error,
    "identity.sourceIp": lambda entry: entry.exchange.request.remote_addr,
    "identity.userAgent": lambda entry: entry.exchange.request.headers.get("User-Agent"),
    "identity.userArn": lambda entry: entry.exchange.caller.get("iam", {}).get("userArn"),
    "httpMethod": lambda entry: entry.exchange.request.method,
    "requestId": lambda entry: entry.exchange.id,
    "requestTime": lambda entry: f"{entry.exchange.at:%d/%b/%Y:%H:%M:%S +0000}",
    "responseLatency": lambda entry: round(1000 * (time.monotonic() - entry.exchange.started)),
    "responseLength": lambda entry: entry.length,
    "routeKey": lambda entry: entry.exchange.route and entry.exchange.route.key,
    "status": lambda entry: entry.status,
}
_CLAIM = "authorizer.claims."
_QUOTED_ERROR = "error.messageString"
"""Variable with `error.message` in quotes."""


@dataclass(frozen=True)
class AccessLog:
    """A stage's log group and line format. Raises ValueError for a variable that is not emulated."""

    group: str
    form: str
    deliver: Deliver
    stream: str = "emulated"

    def __post_init__(self) -> None:
        names = set(_VARIABLE.findall(self.form)) - _VALUES.keys() - {_QUOTED_ERROR}
        unknown = sorted(name for name in names if not name.startswith(_CLAIM))
        if unknown:
            raise ValueError(f"the emulated API's access log does not support $context.{', $context.'.join(unknown)}")

    def write(self, entry: Entry) -> None:
        self.deliver(self.group, self.stream, self.line(entry))

    def line(self, entry: Entry) -> str:
        """Return the formatted line; quotes and control characters in values are escaped as in JSON."""
        return _VARIABLE.sub(lambda found: _text(found[1], entry), self.form)


def _text(name: str, entry: Entry) -> str:
    if name == _QUOTED_ERROR:
        return f'"{_text("error.message", entry)}"'
    value = entry.exchange.claims.get(name.removeprefix(_CLAIM)) if name.startswith(_CLAIM) else _VALUES[name](entry)
    return "-" if value in (None, "") else json.dumps(str(value), ensure_ascii=False)[1:-1]
