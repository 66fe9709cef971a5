"""What goes where: results on stdout, as text for people or JSON for programs; everything else on stderr."""

from __future__ import annotations

import json
from collections.abc import Iterable
from enum import StrEnum
from typing import Any

import typer
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

SET_IN = 2
"""Columns by which the rest of a line that a terminal is too narrow for starts further right than the line."""


class Output(StrEnum):
    """How a command answers."""

    TEXT = "text"
    JSON = "json"


def console_for(output: Output) -> Console:
    """Where what happens is told: stdout, or stderr where stdout is for a program."""
    return Console(stderr=output == Output.JSON)


def print_json(value: Any) -> None:
    """One JSON document on stdout, in ASCII, so that no locale can spoil it."""
    typer.echo(json.dumps(value, indent=2))


def say(console: Console, lines: Iterable[str]) -> None:
    """Lines of rich markup. A terminal gets them wrapped and set in; a pipe gets them whole."""
    for line in lines:
        for part in Text.from_markup(line).split("\n"):
            _say(console, part)


def note(line: str) -> None:
    """A line of rich markup on stderr."""
    say(Console(stderr=True), [line])


def _say(console: Console, line: Text) -> None:
    indent = len(line.plain) - len(line.plain.lstrip()) + SET_IN
    longest = max(map(len, line.plain.split()), default=0)
    if not console.is_terminal or line.cell_len <= console.width or longest > console.width - indent:
        console.print(line, highlight=False, soft_wrap=True)  # an ARN broken in two could not be copied
        return
    first, *rest = line.wrap(console, console.width)
    console.print(first, highlight=False)
    console.print(Padding(Text(" ").join(rest), (0, 0, 0, indent)), highlight=False)
