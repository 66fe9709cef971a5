"""Parses Markdown's fenced code blocks in linear time, also for text that consists of fences only.

CommonMark 0.31, 4.5: a fence is three or more backticks or tildes, closed by a fence of the same character that is at
least as long. Unlike CommonMark, a fence may be indented by more than three spaces, as in a list.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

MAX_INDENT = 12
"""Maximum indentation of a fence in spaces: three list levels. A deeper fence is text."""


@dataclass(frozen=True)
class CodeBlock:
    """`language` is the first word of the info string, '' if there is none."""

    language: str
    code: str


@dataclass(frozen=True)
class _Fence:
    mark: str
    indent: int
    language: str

    def closed_by(self, line: str) -> bool:
        body = line.strip(" \t")
        return body.startswith(self.mark) and not body.strip(self.mark[0]) and _indent(line) <= self.indent + 3

    def without_indent(self, line: str) -> str:
        return line[min(self.indent, _indent(line)) :]


def code_blocks(text: str) -> Iterator[CodeBlock]:
    """The closed blocks in order, without the indentation of their fences, with newlines as line ends."""
    opened, lines = None, list[str]()
    for line in text.split("\n"):
        if opened is None:
            opened, lines = _opening(line), []
        elif opened.closed_by(line):
            yield CodeBlock(opened.language, "".join(f"{each}\n" for each in lines))
            opened = None
        else:
            lines.append(opened.without_indent(line))


def _opening(line: str) -> _Fence | None:
    indent = _indent(line)
    body = line[indent:]
    if indent > MAX_INDENT or not body.startswith(("```", "~~~")):
        return None
    info = body.lstrip(body[0])
    if body[0] == "`" and "`" in info:  # inline code, not a fence
        return None
    return _Fence(body[: len(body) - len(info)], indent, next(iter(info.split(maxsplit=1)), ""))


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
