"""The commands of the README and the docs, in their order. A comment before a block says what its commands need.

`<!-- needs: aws -->` (an account), `minutes` (long, tested elsewhere) and `foreground` (does not return): not run here.
`<!-- status: N -->`: each ends with this status. `<!-- wait: STATUS -->`: after its first command, the run of `$RUN` is
awaited.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.kit.project import ROOT

PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
REASONS = ("aws", "minutes", "foreground")

_BLOCK = re.compile(r"(?:<!-- (\w+): (\w+) -->\n)? *```console\n(.*?)```", re.DOTALL)
_COMMAND = re.compile(r"^ *\$ (.*)$")


@dataclass(frozen=True)
class DocsCommand:
    """`text` may have several lines; `mark` and `value` are those of its block."""

    page: Path
    text: str
    mark: str
    value: str


def commands(page: Path) -> list[DocsCommand]:
    """Of one page, from top to bottom."""
    text = page.read_text()
    return [
        DocsCommand(page, command, block[1] or "", block[2] or "")
        for block in _BLOCK.finditer(text)
        for command in _of_block(block[3])
    ]


def _of_block(body: str) -> Iterator[str]:
    lines = iter(body.split("\n"))
    for line in lines:
        found = _COMMAND.match(line)
        if found is None:
            continue
        command = found[1]
        while command.endswith(("\\", "|")) or command.count("'") % 2:
            command += "\n" + next(lines)
        yield command
