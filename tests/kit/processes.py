"""Processes of this machine, from /proc."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path


def children(pid: int) -> set[int]:
    """What a process has started: each of its threads has a list of its own. None of one that is gone."""
    found: set[int] = set()
    with suppress(OSError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            with suppress(OSError):
                found |= {int(child) for child in (thread / "children").read_text().split()}
    return found
