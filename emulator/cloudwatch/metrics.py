"""Records the metrics of emulated services and evaluates the alarms on them."""

from __future__ import annotations

import json
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from emulator.cloudwatch.evaluation import Point, breaches
from emulator.functions.invocation import InvokeResult
from emulator.functions.spec import FunctionSpec
from emulator.moto.cloudwatch import AlarmState, MetricKey, MetricStore

EMBEDDED = '{"_aws"'
"""Prefix of a log line in CloudWatch's embedded metric format."""

MAX_POINTS = 5_000
"""Maximum data points kept per metric; older points are dropped."""

Send = Callable[[str, AlarmState, str], None]
"""Called with an action's ARN, the alarm and the message when an alarm goes into ALARM."""


class Metrics:
    """Data points by metric. Alarm periods are divided by `speed`."""

    def __init__(self, store: MetricStore, send: Send, *, speed: float) -> None:
        self._store = store
        self._send = send
        self._speed = speed
        self._points: dict[MetricKey, deque[Point]] = defaultdict(lambda: deque(maxlen=MAX_POINTS))
        self._lock = threading.Lock()

    def put(self, namespace: str, figures: Mapping[str, float], dimensions: Mapping[str, str]) -> None:
        """Add one value to each metric and evaluate its alarms."""
        at = time.monotonic()
        keys = {name: MetricKey.of(namespace, name, dimensions) for name in figures}
        with self._lock:
            for name, value in figures.items():
                self._points[keys[name]].append((at, value))
        self._store.put(namespace, figures, dimensions)
        self.evaluate(keys.values())

    def evaluate(self, keys: Iterable[MetricKey] | None = None) -> None:
        """Update the states of the alarms on these metrics, or of all alarms if `keys` is None."""
        chosen = None if keys is None else set(keys)
        with self._lock:
            for alarm in self._store.alarms():
                if chosen is None or alarm.key in chosen:
                    self._set(alarm)

    def on_invocation(self, spec: FunctionSpec, result: InvokeResult | None, seconds: float) -> None:
        """Record Lambda's metrics of an invocation; `result` is None if it was throttled."""
        if result is None:
            figures = {"Throttles": 1.0}
        else:
            failed = result.error is not None
            figures = {"Invocations": 1.0, "Errors": float(failed), "Duration": seconds * 1000}
        self.put("AWS/Lambda", figures, {"FunctionName": spec.name})

    def on_log_line(self, line: str) -> None:
        """Record the metrics of a log line in embedded metric format; other lines are ignored."""
        if not line.startswith(EMBEDDED):
            return
        try:
            found = json.loads(line)
            definitions = found["_aws"]["CloudWatchMetrics"]
        except (ValueError, KeyError, TypeError):
            return
        for definition in definitions:
            figures = {each["Name"]: float(found[each["Name"]]) for each in definition["Metrics"]}
            for names in definition["Dimensions"]:
                self.put(definition["Namespace"], figures, {name: str(found[name]) for name in names})

    def on_api_reply(self, api_id: str, status: int, seconds: float) -> None:
        client, server = 400 <= status < 500, status >= 500
        figures = {"Count": 1.0, "4xx": float(client), "5xx": float(server), "Latency": seconds * 1000}
        self.put("AWS/ApiGateway", figures, {"ApiId": api_id})

    def _set(self, alarm: AlarmState) -> None:
        now = time.monotonic()
        points = [*self._points[alarm.key], *((now, value) for value in self._store.gauges(alarm.key))]
        state = "ALARM" if breaches(alarm.rule(self._speed), points, now) else "OK"
        if state == alarm.state:
            return
        reason = f"Threshold Crossed: {alarm.key.name} by {alarm.statistic} against {alarm.threshold:g}"
        self._store.set_state(alarm.name, state, reason)
        if state == "ALARM":
            for action in alarm.actions:
                self._send(action, alarm, _message(alarm, state, reason))


def _message(alarm: AlarmState, state: str, reason: str) -> str:
    """Return a subset of CloudWatch's notification (CloudWatch User Guide, "Notifying users on alarm changes")."""
    body: dict[str, Any] = {
        "AlarmName": alarm.name,
        "AlarmDescription": alarm.description,
        "NewStateValue": state,
        "OldStateValue": alarm.state,
        "NewStateReason": reason,
        "StateChangeTime": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "AlarmArn": alarm.arn,
    }
    return json.dumps(body)
