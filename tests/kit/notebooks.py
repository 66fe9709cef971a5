"""Runs an example notebook as Jupyter does: cell by cell in one namespace, without display output."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def code_cells(path: Path) -> list[str]:
    """Return the source of each code cell."""
    cells = json.loads(path.read_text("utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


def run_notebook(path: Path) -> dict[str, Any]:
    """Run a notebook and return its final namespace. Raises what a cell raises."""
    names: dict[str, Any] = {"__name__": "__main__"}
    for number, source in enumerate(code_cells(path), 1):
        exec(compile(source, f"{path.name}, cell {number}", "exec"), names)  # noqa: S102  our own notebook
    return names
