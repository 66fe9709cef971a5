"""OpenAI's JSON graders, as `rft grader wrap` runs them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rft_cli.graders.openai_graders import UnknownGrader, compiled
from tests.kit.rft_command import Rft

NAMES = {"sample": {"output_text": "Two {{item.answer}}", "output_json": {"a": [5]}}, "item": {"answer": "two", "n": 2}}


def check(operation: str, given: str, reference: str) -> dict[str, Any]:
    return {"type": "string_check", "name": "c", "operation": operation, "input": given, "reference": reference}


PYTHON = {"type": "python", "source": "def grade(sample, item):\n    return item['n'] / 4\n"}


@pytest.mark.parametrize(
    ("grader", "score"),
    [
        (check("eq", "{{item.answer}}", "two"), 1),
        (check("eq", "{{ sample.output_text }}", "Two two"), 0),
        (check("ne", "{{item.answer}}", "three"), 1),
        (check("like", "{{sample.output_text}}", "{{item.answer}}"), 0),
        (check("ilike", "{{sample.output_text}}", "{{item.answer}}"), 1),
        (check("eq", "{{item.n}}", "2"), 1),
        (check("eq", "{{sample.output_json.a[0]}}", "5"), 1),
        (PYTHON, 0.5),
        (
            {
                "type": "multi",
                "graders": {"a": check("ilike", "{{sample.output_text}}", "TWO"), "b": PYTHON},
                "calculate_output": "0.5 * a + b ^ 2 + min(a, b, 0)",
            },
            0.75,
        ),
    ],
)
def test_a_grader_scores_by_its_own_rules(grader: dict[str, Any], score: float) -> None:
    assert compiled(grader)(NAMES) == score


@pytest.mark.parametrize(
    ("grader", "reason"),
    [
        ({"type": "text_similarity"}, "grader.type: text_similarity cannot be run here"),
        (check("equals", "a", "b"), "grader.operation: must be one of eq, ne, like, ilike"),
        ({"type": "string_check", "operation": "eq"}, "grader.input: is missing"),
        ({"type": "python", "source": "x = 1"}, r"grader.source: defines no grade\(sample, item\)"),
        ({"type": "multi", "graders": {"a": {"type": "x"}}, "calculate_output": "a"}, "grader.graders.a.type"),
        ({"type": "multi", "graders": {"a": PYTHON}, "calculate_output": "a + c"}, "c is neither"),
        ({"type": "multi", "graders": {"a": PYTHON}, "calculate_output": "open('x')"}, "is neither"),
    ],
)
def test_a_grader_that_cannot_be_run_is_named(grader: dict[str, Any], reason: str) -> None:
    with pytest.raises(UnknownGrader, match=reason):
        compiled(grader)


def test_a_json_file_is_wrapped_and_a_wrong_one_refused(rft: Rft, tmp_path: Path) -> None:
    (tmp_path / "good.json").write_text(json.dumps(PYTHON))
    (tmp_path / "bad.json").write_text(json.dumps({"type": "score_model"}))
    good = rft("grader", "wrap", tmp_path / "good.json", "--kind", "openai", "--out", tmp_path / "out")
    bad = rft("grader", "wrap", tmp_path / "bad.json", "--kind", "openai", "--out", tmp_path / "no")
    assert good.status == 0, good.err
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {"app.py", "wrapped.json", "grader.json", "openai_graders.py"}
    assert (bad.status, "score_model cannot be run here" in bad.err) == (1, True)
