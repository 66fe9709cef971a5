"""Formats log lines of functions for a terminal. Pure: a message in, rich markup out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from rich.markup import escape

from rft_cli.views.lines import HANG

COLOURS = {"WARNING": "yellow", "WARN": "yellow", "ERROR": "red", "CRITICAL": "red"}
NAME_WIDTH = 16
LEVEL_WIDTH = 7
REPEATED = frozenset(
    {
        "level", "message", "location", "timestamp", "service", "run_id", "cold_start", "xray_trace_id", "_aws",
        "function_name", "function_arn", "function_memory_size", "function_request_id", "exception", "stack_trace",
    }
)  # fmt: skip
"""Fields of a structured line that are shown elsewhere or are constant; JSON output includes them."""


def log_line(at: datetime, function: str, message: str) -> str:
    """Formats as `05:44:01.123  PrepareDataset  INFO  dataset prepared  rows=100`."""
    level, text = _parts(message)
    colour = COLOURS.get(level)
    shown = f"[{colour}]{level:<{LEVEL_WIDTH}}[/]" if colour else f"{level:<{LEVEL_WIDTH}}"
    head = f"{at:%H:%M:%S}.{at.microsecond // 1000:03}  {escape(function):<{NAME_WIDTH}}  {shown}"
    return f"{head}  {HANG}{escape(text)}"


def _parts(message: str) -> tuple[str, str]:
    """Level and text of a line; level is '' for unstructured lines."""
    try:
        found = json.loads(message)
    except ValueError:
        return "", message
    if not isinstance(found, dict):
        return "", message
    if isinstance(found.get("record"), dict):
        return _platform(str(found.get("type", "")), found["record"])
    text = "  ".join(part for part in (_text(found.get("message", "")), _members(found)) if part)
    exception = found.get("exception") or found.get("stackTrace")
    return str(found.get("level", "")), f"{text}\n{_text(exception)}" if exception else text


def _platform(kind: str, record: Mapping[str, Any]) -> tuple[str, str]:
    """Lambda platform events, named as in LogFormat Text."""
    match kind:
        case "platform.start":
            return "START", f"request {record.get('requestId', '')}, version {record.get('version', '')}"
        case "platform.runtimeDone":
            return "END", f"{record.get('status', '')}"
        case "platform.report":
            return "REPORT", f"{record.get('status', '')}  {_members(record.get('metrics', {}))}"
    return kind.removeprefix("platform."), _members(record)


def _members(found: Mapping[str, Any]) -> str:
    return " ".join(f"{name}={_text(value)}" for name, value in found.items() if name not in REPEATED)


def _text(value: object) -> str:
    if isinstance(value, list):
        return "".join(_text(part) for part in value) if all(isinstance(p, str) for p in value) else json.dumps(value)
    return value if isinstance(value, str) else json.dumps(value)
