"""OpenAI's JSON graders, as `rft grader wrap` runs them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
        (
            {"type": "score_model"},
            "score_model calls a model or service of OpenAI's; use the grader rubric",
        ),
        ({"type": "other"}, "grader.type: other is unknown; string_check, text_similarity, python, multi can be run"),
        ({"type": "text_similarity", "evaluation_metric": "cosine"}, "cosine needs OpenAI's embeddings"),
        ({"type": "text_similarity", "evaluation_metric": "meteor"}, "meteor needs WordNet's data"),
        ({"type": "text_similarity", "evaluation_metric": "x"}, "x must be one of fuzzy_match, bleu, gleu, rouge_1"),
        ({"type": "text_similarity", "evaluation_metric": "bleu"}, "grader.input: is missing"),
        (check("equals", "a", "b"), "grader.operation: must be one of eq, ne, like, ilike"),
        ({"type": "string_check", "operation": "eq"}, "grader.input: is missing"),
        ({"type": "python", "source": "x = 1"}, r"grader.source: defines no grade\(sample, item\)"),
        ({"type": "multi", "graders": {"a": {"type": "x"}}, "calculate_output": "a"}, "grader.graders.a.type"),
        ({"type": "multi", "graders": {"a": PYTHON}, "calculate_output": "a + c"}, "c is neither"),
        ({"type": "multi", "graders": {"a": PYTHON}, "calculate_output": "open('x')"}, "is neither"),
        ({"type": "multi", "graders": {"a": PYTHON}, "calculate_output": "9 ^ 9 ^ 9 ^ 9 * a"}, "OverflowError"),
        ({"type": "multi", "graders": {"a": PYTHON}, "calculate_output": "min() + a"}, "calculate_output: TypeError"),
        ({"type": "multi", "graders": {"a": PYTHON}, "calculate_output": "-" * 20_000 + "a"}, "calculate_output: "),
        ({"type": "multi", "graders": {"a": PYTHON}, "calculate_output": "a +"}, "calculate_output: SyntaxError"),
        ({"type": "python", "source": "def grade(:"}, "grader.source: SyntaxError"),
        ({"type": "python", "source": "grade = missing"}, "grader.source: NameError"),
        ({"type": "python", "source": "raise SystemExit(3)"}, "grader.source: SystemExit: 3"),
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
    assert names == {"app.py", "wrapped.json", "grader.json", "openai_graders.py", "openai_similarity.py"}
    assert (bad.status, "score_model calls a model" in bad.err) == (1, True)


def similarity(metric: str) -> dict[str, Any]:
    texts = {"input": "{{sample.output_text}}", "reference": "{{item.answer}}"}
    return {"type": "text_similarity", "evaluation_metric": metric, **texts}


WORDS = st.lists(st.sampled_from(["Two", "two,", "and", "ünf", "3"]), max_size=8).map(" ".join)


@given(WORDS, WORDS, st.integers(1, 5))
def test_rouge_is_between_0_and_1_and_1_for_equal_words(given_text: str, reference: str, n: int) -> None:
    grade = compiled(similarity(f"rouge_{n}"))
    names = {"sample": {"output_text": given_text}, "item": {"answer": reference}}
    assert 0 <= grade(names) <= 1
    equal = grade({**names, "item": {"answer": given_text.upper() + "!"}})
    assert equal == float(len(given_text.split()) >= n)


def test_rouge_has_the_values_of_the_reference_implementation() -> None:
    """rouge-score 0.1.2."""
    names = {"sample": {"output_text": "the cat sat on the mat"}, "item": {"answer": "The cat is on the mat."}}
    found = [compiled(similarity(f"rouge_{n}"))(names) for n in (1, 2, 3)]
    assert found == pytest.approx([5 / 6, 3 / 5, 1 / 4])


@pytest.mark.parametrize(
    ("grader", "lines"),
    [
        (similarity("fuzzy_match"), ["rapidfuzz==3.14.6"]),
        (similarity("gleu"), ["nltk==3.10.4"]),
        (similarity("rouge_2"), []),
        (
            {
                "type": "multi",
                "graders": {"a": similarity("rouge_l"), "b": similarity("bleu")},
                "calculate_output": "a + b",
            },
            ["nltk==3.10.4", "rapidfuzz==3.14.6"],
        ),
    ],
)
def test_a_folder_names_what_its_metrics_need(
    rft: Rft, tmp_path: Path, grader: dict[str, Any], lines: list[str]
) -> None:
    (tmp_path / "grader.json").write_text(json.dumps(grader))
    result = rft("grader", "wrap", tmp_path / "grader.json", "--kind", "openai", "--out", tmp_path / "out")
    assert result.status == 0, result.err
    requirements = tmp_path / "out" / "requirements.txt"
    assert (requirements.read_text().split() if requirements.exists() else []) == lines
