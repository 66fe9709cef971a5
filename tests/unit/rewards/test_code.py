from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import assume, given
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
        ("1. So:\n\n   ```python\n   def f():\n       return 1\n   ```\n", "def f():\n    return 1\n"),
        ("- So:\n    - so:\n      ~~~py\n      x = 1\n\n      y = 1\n      ~~~", "x = 1\n\ny = 1\n"),
        ("```python\nx = 1\n```\nIt prints:\n```\n1\n```", "x = 1\n"),
        ("```\nx = 1\n```\nor\n```\nx = 2\n```", "x = 2\n"),
        ("```python:solution.py\nx = 1\n```", "x = 1\n"),
        ("```python\nx = 1\n```\nwhere ```x``` is one.", "x = 1\n"),
        ("~~~~python\nx = '~~~'\n~~~\n~~~~", "x = '~~~'\n~~~\n"),
        ("`````python\nx = 1\n````````", "x = 1\n"),
        ("```markdown\n```python\nx = 1\n```\n```", None),
        ("``python\nx = 1\n``", None),
        ("x = 1", None),
        ("```python\nx = 1", None),
        ("```python\n\n```", None),
        ("```python\n" + "#" * MAX_CHARACTERS + "\n```", None),
        ("", None),
    ],
)
def test_the_program_is_the_last_python_block(answer: str, program: str | None) -> None:
    assert read_program(answer) == program


CODE_LINES = st.lists(st.sampled_from(["x = 1", "    return 1", "", "  # `a` ~~~", "\ty = 2"]), min_size=1, max_size=6)


@given(CODE_LINES, st.sampled_from(["```", "````", "~~~"]), st.integers(0, 12), st.sampled_from(["\n", "\r\n", "\r"]))
def test_a_block_is_the_same_program_wherever_it_stands(lines: list[str], fence: str, indent: int, end: str) -> None:
    assume(any(line.strip() for line in lines))
    block = [f"{fence}python", *lines, fence]
    answer = end.join(["First:", *(" " * indent + line for line in block), "Done. ```x``` is one."])
    assert read_program(answer) == "".join(f"{line}\n" for line in lines)


@pytest.mark.parametrize(
    "text", ["```python\n" * 50_000, "~~~\n```a\n" * 50_000, "~" * 500_000 + "`", " " * 500_000, "```a`\n" * 80_000]
)
def test_an_answer_of_fences_alone_is_read_at_once(text: str) -> None:
    started = time.process_time()
    read_program(text)
    assert time.process_time() - started < 2


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
    "reference",
    [
        *(None, "text", {}, {"code": {}}, {"code": {"exchanges": [{}]}}),
        *({"code": {"tests": [test]}} for test in ("f(", "-" * 19_999 + "1", "a**" * 6_000 + "1", "(" * 20_000)),
    ],
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
