"""Making a state machine's error readable. Pure."""

from __future__ import annotations

import json

MAX_CAUSE = 4000
"""Max characters of a cause: a screenful, far under what a ledger item (400 KB) and a message (256 KB) hold."""


def readable_cause(error: str, cause: str) -> str:
    """The error text in a Catch's output.

    For a Lambda's exception Step Functions gives JSON, `{"errorMessage", "errorType", "stackTrace"}`: its message is
    the cause. A timeout has none: then it is the error's name.
    """
    text = (_error_message(cause) or cause).strip()
    if not text:
        return f"{error}, without further detail" if error else ""
    return text if len(text) <= MAX_CAUSE else f"{text[:MAX_CAUSE]} … ({len(text) - MAX_CAUSE} more characters)"


def _error_message(cause: str) -> str:
    try:
        payload = json.loads(cause)
    except (ValueError, RecursionError):
        return ""
    message = payload.get("errorMessage") if isinstance(payload, dict) else None
    return message if isinstance(message, str) else ""
