r"""Where text becomes output: terminal, HTML, messages, logs and ledger all show foreign text through these. Pure.

Control characters, marks that change the direction of text, invisible characters and lone surrogates are written as
escapes, `\x1b` or `\u202e`. All functions leave what they gave before as it is.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

MAX_LINE = 1_000
"""Characters of one line."""
MAX_BLOCK = 8_000
"""Characters of a text with lines: Step Functions takes 32,768 of a cause, a DynamoDB item 400 KB in all."""
MAX_ITEMS = 50
"""Items of a list, the one that counts the others included."""
MAX_SUBJECT = 100
"""SNS Publish: a subject is printable ASCII on one line, less than 101 characters, and begins with no space."""

MAX_LOGGED = 32_000
"""Characters of one text in a log line, a traceback above all: CloudWatch takes 256 KB of a line."""

_NEWLINE = "\n"
_NAMED = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f"  # controls
    "\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"  # invisible, and directions
    "\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"  # no characters
    "\U00013430-\U0001345f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"  # invisible, and tags
)


def text_line(text: str, limit: int = MAX_LINE) -> str:
    r"""The text on one line of max `limit` characters; a newline in it shows as `\n`."""
    return _cut(text, limit, keep="")


def text_block(text: str, limit: int = MAX_BLOCK) -> str:
    """As `text_line`, but newlines stay: for texts that we put together from lines."""
    return _cut(text.replace("\r\n", _NEWLINE), limit, keep=_NEWLINE)


def html_text(text: str, limit: int = MAX_LINE) -> str:
    """One line for an HTML page, in an element or in a quoted attribute; never in a script, a style or a URL."""
    return html.escape(text_line(text, limit), quote=True)


def subject_line(text: str) -> str:
    """The text as a subject that SNS accepts."""
    line = re.sub(r"[^ -~]", "?", text_line(" ".join(text.split())))
    return line if len(line) <= MAX_SUBJECT else f"{line[: MAX_SUBJECT - 3]}..."


def first_items(items: Sequence[str], limit: int = MAX_ITEMS) -> tuple[str, ...]:
    """Max `limit` items; where some are left out, the last one says how many."""
    if len(items) <= limit:
        return tuple(items)
    return *items[: limit - 1], f"… and {len(items) - limit + 1:,} more"


def bounded(value: Any, *, limit: int = MAX_BLOCK, items: int = MAX_ITEMS) -> Any:
    """A JSON-able value whose texts and lists are no longer than that, whoever filled them."""
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
    """A log line: bounded, and in ASCII, so that nothing in it acts on a terminal that shows it."""
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
