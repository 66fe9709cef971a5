"""One invocation of a worker, and its possible results."""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from emulator.functions.report import ResourceUsage

_SIGNALS = {9: "killed", 11: "segmentation fault"}


@dataclass(frozen=True)
class InvokeResult:
    """Result of Lambda's Invoke; `error` is the X-Amz-Function-Error header, None on success."""

    payload: bytes
    error: str | None = None

    @property
    def error_type(self) -> str:
        """`errorType` of an error payload; '' on success."""
        if self.error is None:
            return ""
        try:
            return str(json.loads(self.payload)["errorType"])
        except (ValueError, KeyError, TypeError):
            return "no JSON"


@dataclass
class Invocation:
    """A queued or running request; the events `started` and `ended` mark its progress."""

    payload: bytes
    timeout: float
    invoked_arn: str = ""
    """The ARN that the caller used, with version or alias."""
    resource_usage: Callable[[], ResourceUsage] | None = None
    """Returns the worker's resource usage so far."""
    on_start: Callable[[str], None] | None = None
    """Called with the request id when the worker has fetched the invocation."""
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    deadline_ms: int = 0
    started: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)
    result: InvokeResult | None = None
    usage_at_start: ResourceUsage | None = None
    usage_at_end: ResourceUsage | None = None

    def start(self) -> None:
        """Start the timeout, once the worker has fetched the invocation; later calls have no effect."""
        if self.started.is_set():
            return
        if self.on_start:
            self.on_start(self.request_id)
        self.usage_at_start = self.resource_usage() if self.resource_usage else None
        self.deadline_ms = int((time.time() + self.timeout) * 1000)
        self.started.set()

    def end(self, result: InvokeResult) -> None:
        # a response after the timeout is dropped, as on AWS
        if not self.ended.is_set():
            self.usage_at_end = self.resource_usage() if self.resource_usage else None
            self.result = result
            self.started.set()
            self.ended.set()


def unhandled_error(error_type: str, message: str) -> InvokeResult:
    """Return an error raised by the service instead of the handler."""
    body = {"errorType": error_type, "errorMessage": message}
    return InvokeResult(json.dumps(body).encode(), "Unhandled")


def timeout_result(invocation: Invocation) -> InvokeResult:
    at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    seconds = f"{invocation.timeout:.2f}"
    return unhandled_error("Sandbox.Timedout", f"{at} {invocation.request_id} Task timed out after {seconds} seconds")


def exit_result(invocation: Invocation, code: int) -> InvokeResult:
    """Return the result of a process that exited without a response; a negative code is the signal that killed it."""
    how = f"signal: {_SIGNALS.get(-code, -code)}" if code < 0 else f"exit status {code}"
    return unhandled_error(
        "Runtime.ExitError", f"RequestId: {invocation.request_id} Error: Runtime exited with error: {how}"
    )
