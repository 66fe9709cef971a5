"""`rft dataset check`: a file as a run would read it, without a stack."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.kit.project import ROOT
from tests.kit.rft_command import Rft

MATH = ROOT / "examples/rft/math.jsonl"


def test_a_shipped_example_passes_every_check(rft: Rft) -> None:
    result = rft("dataset", "check", MATH, "--task", "rft", "--output", "json")
    report: Any = result.json
    assert (result.status, report["problems"], report["bad_records"], report["warnings"]) == (0, [], [], {})
    assert (report["rows"], sum(report["splits"].values())) == (150, 150)
    results = {check["name"]: check["result"] for check in report["checks"]}
    assert set(results.values()) <= {"pass", "skipped"}
    assert results["leaks"] == results["references"] == "pass"


def test_a_record_that_a_run_would_refuse_is_named(rft: Rft, tmp_path: Path) -> None:
    rows = [json.loads(line) for line in MATH.read_text("utf-8").splitlines()]
    rows[3]["reference_answer"] = {"answer": "unknown"}
    rows[5] |= {"smoke_test_probe": True}
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)))

    result = rft("dataset", "check", tmp_path / "rows.jsonl", "--task", "rft", "--grader", "gsm8k", "--output", "json")
    [bad] = result.json["bad_records"]
    assert (result.status, result.json["problems"]) == (1, ["1 of 150 records cannot be used"])
    assert (bad["position"], bad["reason"]) == (4, "reference_answer: holds no number that can be read")
    assert result.json["warnings"] == {"reserved_key_smoke_test_probe": 1}

    shown = rft("dataset", "check", tmp_path / "rows.jsonl", "--task", "rft", "--grader", "gsm8k")
    assert "1 record: reference_answer: holds no number that can be read (first: record 4)" in shown.out


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"data": [{"a": 1}]}', "one object with an array under 'data'"),
        ("hello", "byte 0 is b'h'"),
        ('{"messages": [], "reference_answer": "a"}', "1 of 1 records cannot be used"),
    ],
)
def test_a_file_of_another_format_is_refused_with_the_reason(rft: Rft, tmp_path: Path, text: str, problem: str) -> None:
    (tmp_path / "rows.jsonl").write_text(text)
    result = rft("dataset", "check", tmp_path / "rows.jsonl", "--task", "rft", "--output", "json")
    assert result.status == 1
    assert any(problem in each for each in result.json["problems"])
