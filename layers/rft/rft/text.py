r"""Sanitises external text for output: terminal, HTML, messages, logs and ledger. Pure.

Control characters, bidirectional and invisible characters and lone surrogates are written as escapes, such as `\x1b` or
`\u202e`. All functions are idempotent.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

MAX_LINE = 1_000
"""Maximum characters of one line."""
MAX_BLOCK = 8_000
"""Maximum characters of a multi-line text: Step Functions allows 32,768 in a cause, DynamoDB 400 KB per item."""
MAX_ITEMS = 50
"""Maximum items of a list, including the one that counts the omitted items."""
MAX_SUBJECT = 100
"""SNS Publish: a subject is one line of printable ASCII, up to 100 characters, without a leading space."""

MAX_LOGGED = 32_000
"""Maximum characters of one text in a log line, such as a traceback: CloudWatch allows 256 KB per event."""

_NEWLINE = "\n"
_NAMED = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f"  # control characters
    "\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"  # invisible and bidirectional
    "\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"  # surrogates and noncharacters
    "\U00013430-\U0001345f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"  # invisible and tags
)


def text_line(text: str, limit: int = MAX_LINE) -> str:
    r"""The text on one line of at most `limit` characters; newlines are shown as `\n`."""
    return _cut(text, limit, keep="")


def text_block(text: str, limit: int = MAX_BLOCK) -> str:
    """Like `text_line` but keeps newlines: for texts that this project composes from lines."""
    return _cut(text.replace("\r\n", _NEWLINE), limit, keep=_NEWLINE)


def html_text(text: str, limit: int = MAX_LINE) -> str:
    """One line for HTML, in an element or a quoted attribute; unsafe in scripts, styles and URLs."""
    return html.escape(text_line(text, limit), quote=True)


def subject_line(text: str) -> str:
    """The text as a valid SNS subject."""
    line = re.sub(r"[^ -~]", "?", text_line(" ".join(text.split())))
    return line if len(line) <= MAX_SUBJECT else f"{line[: MAX_SUBJECT - 3]}..."


def first_items(items: Sequence[str], limit: int = MAX_ITEMS) -> tuple[str, ...]:
    """At most `limit` items; if some are omitted, the last one states how many."""
    if len(items) <= limit:
        return tuple(items)
    return *items[: limit - 1], f"… and {len(items) - limit + 1:,} more"


def bounded(value: Any, *, limit: int = MAX_BLOCK, items: int = MAX_ITEMS) -> Any:
    """A JSON-able value with all texts and lists truncated to these limits."""
    match value:
        case str():
            return text_block(value, limit)
        case Mapping():
            return {text_line(str(name)): bounded(part, limit=limit, items=items) for name, part in value.items()}
        case list() | tuple():
            parts = [bounded(part, limit=limit, items=items) for part in value[:items]]
            return parts if len(value) <= items else [*parts[:-1], f"… and {len(value) - items + 1:,} more"]
    return value


def log_json(record: Any) -> str:
    # Bounded and in ASCII, so that a line cannot control a terminal that displays it.
    return json.dumps(bounded(record, limit=MAX_LOGGED), default=str)


def _cut(text: str, limit: int, *, keep: str) -> str:
    visible = _visible(text[: limit + 1], keep)
    if len(visible) <= limit:
        return visible
    total = len(visible) + len(text[limit + 1 :])
    shown = max(0, limit - len(_rest(total)))
    return visible[:shown] + _rest(total - shown)


def _rest(count: int) -> str:
    return f" … ({count:,} more characters)"


def _visible(text: str, keep: str) -> str:
    return _UNSAFE.sub(lambda found: found[0] if found[0] == keep else _escaped(found[0]), text)


def _escaped(character: str) -> str:
    number = ord(character)
    if character in _NAMED:
        return _NAMED[character]
    if number <= 0xFF:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"
