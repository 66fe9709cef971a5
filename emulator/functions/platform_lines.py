"""Lambda's platform log lines: START, END and REPORT, or their JSON events with LogFormat JSON. Pure.

AWS Lambda Developer Guide, "Log format" and "Log-level filtering".
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from emulator.functions.spec import FunctionSpec

REPORT = "platform.report"

_LABELS = {
    "durationMs": ("Duration", "ms"),
    "billedDurationMs": ("Billed Duration", "ms"),
    "memorySizeMB": ("Memory Size", "MB"),
    "maxMemoryUsedMB": ("Max Memory Used", "MB"),
    "initDurationMs": ("Init Duration", "ms"),
}


def start_lines(spec: FunctionSpec, request_id: str) -> Iterator[str]:
    if not spec.logs_json:
        yield f"START RequestId: {request_id} Version: {spec.version}"
    elif spec.system_log_level != "WARN":
        yield _event("platform.start", {"requestId": request_id, "version": spec.version})


def init_timeout_lines(spec: FunctionSpec, seconds: float) -> Iterator[str]:
    if spec.logs_json:
        record = {"initializationType": "on-demand", "phase": "init", "status": "timeout"}
        yield _event("platform.initReport", {**record, "metrics": {"durationMs": 1000 * seconds}})
    else:
        yield f"INIT_REPORT Init Duration: {1000 * seconds:.2f} ms\tPhase: init\tStatus: timeout"


def end_lines(spec: FunctionSpec, request_id: str, status: str, metrics: Mapping[str, float]) -> Iterator[str]:
    """Yield the lines after an invocation. `status` is success, error, failure or timeout."""
    if spec.logs_json:
        yield from _end_events(spec, {"requestId": request_id, "status": status}, metrics)
        return
    if status == "timeout":
        yield f"{_now()} {request_id} Task timed out after {spec.timeout:.2f} seconds"
    figures = [f"{label}: {metrics[name]} {unit}" for name, (label, unit) in _LABELS.items() if name in metrics]
    yield f"END RequestId: {request_id}"
    status_field = [] if status == "success" else [f"Status: {status}"]
    yield "\t".join([f"REPORT RequestId: {request_id}", *figures, *status_field])


def _end_events(spec: FunctionSpec, record: Mapping[str, Any], metrics: Mapping[str, float]) -> Iterator[str]:
    """Yield `platform.runtimeDone` (level DEBUG, or WARN on failure) and `platform.report` (INFO or WARN)."""
    failed = record["status"] != "success"
    if failed or spec.system_log_level == "DEBUG":
        yield _event("platform.runtimeDone", record)
    if failed or spec.system_log_level != "WARN":
        yield _event(REPORT, {"requestId": record["requestId"], "metrics": metrics, "status": record["status"]})


def _event(kind: str, record: Mapping[str, Any]) -> str:
    return json.dumps({"time": _now(), "type": kind, "record": record})


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
