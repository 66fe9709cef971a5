"""Prints results to stdout, as text or JSON, and everything else to stderr."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from enum import StrEnum
from typing import Any

import typer
from rich.console import Console
from rich.errors import MarkupError
from rich.text import Text

from rft.text import text_block, text_line
from rft_cli.views.lines import HANG, shorten_middle

MIN_WORD = 40
"""Minimum length of a shortened word: an ARN is still identifiable."""
MAX_SHOWN = 16_000
"""Maximum characters of a line including markup; exceeds the text lengths that the contracts allow."""
MIN_TEXT_WIDTH = 20
"""Minimum columns for a line's text; on narrower terminals it is not wrapped."""


class Output(StrEnum):
    """Output format of a command."""

    TEXT = "text"
    JSON = "json"


def console_for(output: Output) -> Console:
    """Console for progress: stdout for text output, stderr for JSON output."""
    return Console(stderr=output == Output.JSON)


def print_json(value: Any) -> None:
    """Prints one JSON document to stdout, ASCII-encoded so that it does not depend on the locale."""
    typer.echo(json.dumps(value, indent=2))


def print_lines(console: Console, lines: Iterable[str]) -> None:
    """Prints lines of rich markup. On terminals, wraps lines and shortens long words in the middle.

    Control characters are escaped; line breaks are kept only in text that follows a label.
    """
    for line in lines:
        head, hang, body = line.partition(HANG)
        if hang:
            _print_line(console, _markup(text_line(head)), _markup(text_block(body, MAX_SHOWN)))
        else:
            _print_line(console, Text(), _markup(text_line(line, MAX_SHOWN)))


def print_note(line: str) -> None:
    """Prints a line of rich markup to stderr."""
    print_lines(Console(stderr=True), [line])


def _markup(text: str) -> Text:
    try:
        return Text.from_markup(text)
    except MarkupError:  # truncated within a tag, or unescaped text
        return Text(text)


def _print_line(console: Console, head: Text, body: Text) -> None:
    """Prints `head`, followed by the lines of `body` aligned after it."""
    indent = head.cell_len or len(body.plain) - len(body.plain.lstrip())
    room = console.width - indent
    parts = body.split("\n") or [body]
    if console.is_terminal and room >= MIN_TEXT_WIDTH:
        parts = [line for part in parts for line in _wrapped(console, part, indent, head)]
    for number, part in enumerate(parts):
        lead = head if number == 0 else Text(" " * indent if head.cell_len else "")
        console.print(lead + part, highlight=False, soft_wrap=True)


def _wrapped(console: Console, text: Text, indent: int, head: Text) -> list[Text]:
    own = "" if head.cell_len else " " * indent
    width = console.width - indent
    stripped = _with_short_words(text[len(own) :], width)
    return [Text(own) + line for line in stripped.wrap(console, width)] or [text]


def _with_short_words(text: Text, width: int) -> Text:
    """Shortens words that exceed the line; to MIN_WORD at least, if the whole text then fits one line."""
    for word in reversed(list(re.finditer(r"\S+", text.plain))):
        if len(word[0]) > width:
            indent = len(text) - len(word[0])
            room = width - indent if width - indent >= MIN_WORD else width
            text = text[: word.start()] + Text(shorten_middle(word[0], room)) + text[word.end() :]
    return text
