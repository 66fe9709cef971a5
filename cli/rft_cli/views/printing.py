"""What goes where: results on stdout, as text for people or JSON for programs; everything else on stderr."""

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
"""Characters that identify an ARN when it is shortened in the middle."""
MAX_SHOWN = 16_000
"""Characters of a line's text, markup included: more than any contract's text has."""
MIN_TEXT_WIDTH = 20
"""A terminal with less room for a line's text gets it unwrapped."""


class Output(StrEnum):
    """How a command answers."""

    TEXT = "text"
    JSON = "json"


def console_for(output: Output) -> Console:
    """Where progress is printed: stdout, or stderr where stdout is for a program."""
    return Console(stderr=output == Output.JSON)


def print_json(value: Any) -> None:
    """One JSON document on stdout, in ASCII, so that no locale can spoil it."""
    typer.echo(json.dumps(value, indent=2))


def print_lines(console: Console, lines: Iterable[str]) -> None:
    """Lines of rich markup. A terminal gets them wrapped, with long words cut in the middle; a pipe gets them whole.

    What would act on a terminal is shown as an escape; only text that hangs under a label may have lines of its own.
    """
    for line in lines:
        head, hang, body = line.partition(HANG)
        if hang:
            _print_line(console, _markup(text_line(head)), _markup(text_block(body, MAX_SHOWN)))
        else:
            _print_line(console, Text(), _markup(text_line(line, MAX_SHOWN)))


def print_note(line: str) -> None:
    """A line of rich markup on stderr."""
    print_lines(Console(stderr=True), [line])


def _markup(text: str) -> Text:
    try:
        return Text.from_markup(text)
    except MarkupError:  # it was cut within a tag, or holds text that was never escaped
        return Text(text)


def _print_line(console: Console, head: Text, body: Text) -> None:
    """`head` once, then every line of `body` aligned after it."""
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
    """Words that are too long for a line are cut, so far that the whole text fits one line where that leaves enough."""
    for word in reversed(list(re.finditer(r"\S+", text.plain))):
        if len(word[0]) > width:
            indent = len(text) - len(word[0])
            room = width - indent if width - indent >= MIN_WORD else width
            text = text[: word.start()] + Text(shorten_middle(word[0], room)) + text[word.end() :]
    return text
