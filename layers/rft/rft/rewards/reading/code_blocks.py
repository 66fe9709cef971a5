"""Markdown's fenced code blocks, in one pass over the lines: an answer of fences alone takes no longer than text. Pure.

CommonMark 0.31, 4.5: a fence is three or more backticks or tildes, closed by one of the same character that is at least
as long. It may be indented here by more than three spaces, as in a list.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

MAX_INDENT = 12
"""Spaces before a fence: three levels of a list. Text after more of them is text."""


@dataclass(frozen=True)
class CodeBlock:
    """`language`: the first word behind the opening fence, '' for none."""

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
    """The closed blocks, in order, without their fences' indentation. Lines end with a newline alone."""
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
    if body[0] == "`" and "`" in info:  # code within a line of text
        return None
    return _Fence(body[: len(body) - len(info)], indent, next(iter(info.split(maxsplit=1)), ""))


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
