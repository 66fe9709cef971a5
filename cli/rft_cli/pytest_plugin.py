"""A pytest plugin (`pytest -p rft_cli.pytest_plugin`) with a fixture to test a grader in its repository's CI."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rft_cli.graders.grader_gate import GraderGate, gate_grader


@pytest.fixture
def rft_grader() -> Callable[..., GraderGate]:
    """Call `rft_grader("grader.py", "rows.jsonl")`, then `.assert_trusted()` or assertions on its values.

    Defaults: `task` "rft", `limit` 40 rows. Raises CommandError for invalid files.
    """

    def gate(grader: str | Path, dataset: str | Path, *, task: str = "rft", limit: int = 40) -> GraderGate:
        return gate_grader(str(grader), Path(dataset), task=task, limit=limit)

    return gate
