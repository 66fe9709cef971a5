from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft.contracts.graders.code_tests import CaseResult, CodeTests
from rft.contracts.grading import Sample
from rft.rewards.code import MAX_CHARACTERS, components, read_program, read_tests, same_output
from rft.rewards.components import score_of
from rft.rewards.samples import UngradableSample

TESTS = CodeTests(tests=("assert f() == 1", "assert f() == 2", "assert f() == 3", "assert f() == 4"))


@pytest.mark.parametrize(
    ("answer", "program"),
    [
        ("```python\nx = 1\n```", "x = 1\n"),
        ("```\nx = 1\n```", "x = 1\n"),
        ("```py\nx = 1\n```\nBye.", "x = 1\n"),
        ("~~~python3\nx = 1\n~~~", "x = 1\n"),
        ("```Python3.11\nx = 1\n```", "x = 1\n"),
        ("```{.python}\nx = 1\n```", "x = 1\n"),
        ("```python\nx = 1\n```\n```pycon\n>>> x\n1\n```", "x = 1\n"),
        ("```python title=a\r\nx = 1\r\n```", "x = 1\n"),
        ("````python\ns = '''\n```\n'''\n````", "s = '''\n```\n'''\n"),
        ("```python\nx = 1\n```\nno:\n```python\nx = 2\n```", "x = 2\n"),
        ("```python\nx = 1\n```\n```bash\npython x.py\n```\n```text\n1\n```", "x = 1\n"),
        ("```python\nx = 1\n```<|im_end|>", "x = 1\n"),
        ("<think>```python\nx = 1\n```</think>\n```python\nx = 2\n```", "x = 2\n"),
        ("<think>```python\nx = 1\n```", None),
        ("x = 1", None),
        ("```python\nx = 1", None),
        ("```python\n\n```", None),
        ("```python\n" + "#" * MAX_CHARACTERS + "\n```", None),
        ("", None),
    ],
)
def test_the_program_is_the_last_python_block(answer: str, program: str | None) -> None:
    assert read_program(answer) == program


@given(st.text())
def test_any_answer_can_be_read(answer: str) -> None:
    read_program(answer)
    read_program(f"```python\n{answer}\n```")


@pytest.mark.parametrize(
    ("passed", "share", "whole"), [([True] * 4, 1, 1), ([True, False, True, True], 0.75, 0), ([False] * 4, 0, 0)]
)
def test_the_score_is_the_share_of_tests_or_all_or_nothing(passed: list[bool], share: float, whole: float) -> None:
    results = [CaseResult(passed=each) for each in passed]
    assert score_of(components(TESTS, results)) == share
    assert score_of(components(TESTS.model_copy(update={"scoring": "all"}), results)) == whole


def test_an_answer_without_a_program_or_with_missing_results_earns_zero() -> None:
    assert score_of(components(TESTS, None)) == 0
    assert score_of(components(TESTS, [CaseResult(passed=True)])) == 0


@pytest.mark.parametrize(
    "reference", [None, "text", {}, {"code": {}}, {"code": {"tests": ["f("]}}, {"code": {"exchanges": [{}]}}]
)
def test_a_row_without_usable_tests_is_an_error_of_the_row(reference: Any) -> None:
    with pytest.raises(UngradableSample, match=r"reference_answer\.code"):
        read_tests(Sample(id="1", prompt=(), answer="", reference=reference))


@pytest.mark.parametrize(
    ("given_", "expected", "same"),
    [
        ("3\n", "3", True),
        ("3 \r\n\n", "3", True),
        ("1\n\n2", "1\n\n2", True),
        ("1\n2", "1\n\n2", False),
        (" 3", "3", False),
        ("3.0", "3", False),
        ("", "\n", True),
    ],
)
def test_output_is_compared_but_for_white_space_at_the_end(given_: str, expected: str, same: bool) -> None:
    assert same_output(given_, expected) is same
