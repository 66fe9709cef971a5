"""A grader's file in a folder whose other files have names of the standard library."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.kit.rft_command import Rft


@pytest.mark.parametrize("name", ["html", "json", "queue", "typing"])
def test_files_next_to_a_grader_do_not_replace_the_standard_library(
    rft: Rft, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(f"{name}.py").write_text("raise RuntimeError('imported in place of the standard library')")
    Path("mine.py").write_text("def grade(sample):\n    return float(sample.answer == sample.reference)")
    Path("rows.jsonl").write_text(
        "\n".join(
            json.dumps({"messages": [{"role": "user", "content": f"{n} + 1?"}], "reference_answer": str(n + 1)})
            for n in range(5)
        )
    )
    tested = rft("grader", "test", "mine.py", "--dataset", "rows.jsonl", "--task", "rft", "--limit", "5", "-o", "json")
    assert "on import" not in tested.err
    assert tested.json["answers"] > 0
