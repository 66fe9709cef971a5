"""Reads the commands of README and docs in order. A comment before a block gives its requirements.

Blocks with `<!-- needs: aws -->` (an account), `minutes` (long, tested elsewhere) and `foreground` (does not return)
are not run. `<!-- status: N -->`: all commands exit with this status. `<!-- wait: STATUS -->`: after the first command,
wait until the run `$RUN` has this status.
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
    """`text` may have several lines; `mark` and `value` are from the comment of its block."""

    page: Path
    text: str
    mark: str
    value: str


def commands(page: Path) -> list[DocsCommand]:
    """Return the commands of one page in order."""
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
