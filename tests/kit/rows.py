"""Dataset rows as written by a run."""

from __future__ import annotations

import json
from typing import Any

from rft.datasets.render import row_body, row_end
from rft.tasks.base import Example, Task


def row(example: Example, *, task: Task, position: int, run_id: str) -> dict[str, Any]:
    written: dict[str, Any] = json.loads(row_body(example, task, position) + row_end(run_id, "train"))
    return written
