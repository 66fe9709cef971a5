"""Extracts readable error texts from Step Functions' error output. Pure."""

from __future__ import annotations

import json

MAX_CAUSE = 4000
"""Maximum characters of a cause: a screenful, well below the limits of ledger items (400 KB) and messages (256 KB)."""


def readable_cause(error: str, cause: str) -> str:
    """The error text in the output of a Catch.

    For a Lambda exception Step Functions gives JSON, `{"errorMessage", "errorType", "stackTrace"}`: the message is the
    cause. A timeout has no cause: the result is then the error's name.
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
