from __future__ import annotations

from typing import Any

import pytest

from rft.contracts.dataset import DatasetRow
from rft.contracts.graders.code_tests import CodeTests
from rft.rewards.code import read_program
from rft.tasks import task
from rft.tasks.base import BadRecord
from tests.kit.rows import row

CODE = task("code")


def row_of(record: dict[str, Any]) -> DatasetRow:
    written = row(CODE.read(record), task=CODE, position=1, run_id="run-1-2222222222")
    return DatasetRow.model_validate(written)


OWN: dict[str, Any] = {
    "prompt": "Add.",
    "solution": "def add(a, b):\n    return a + b",
    "tests": ["assert add(1, 2) == 3"],
}
MBPP = {
    "task_id": 2,
    "text": "Write a function to add.",
    "code": "import math\ndef add(a, b):\n    return a + b",
    "test_list": ["assert add(1, 2) == 3", "assert add(0, 0) == 0"],
    "test_setup_code": "",
}
HUMAN_EVAL = {
    "task_id": "HumanEval/0",
    "prompt": 'def add(a, b):\n    """Add."""\n',
    "canonical_solution": "    return a + b\n",
    "test": "def check(candidate):\n    assert candidate(1, 2) == 3\n",
    "entry_point": "add",
}


@pytest.mark.parametrize("record", [OWN, MBPP, HUMAN_EVAL], ids=["own", "mbpp", "human eval"])
def test_records_of_each_form_become_rows_with_tests_and_a_solution(record: dict[str, Any]) -> None:
    example = CODE.read(record)

    assert isinstance(example.reference_answer, dict)
    tests = CodeTests.model_validate(example.reference_answer["code"])
    assert tests.tests
    assert "return a + b" in (example.extra or {})["solution"]
    assert "add" in example.messages[1].content.casefold()
    assert "return a + b" not in example.messages[1].content


def test_a_row_in_bedrocks_format_is_unchanged() -> None:
    rows = {"messages": [{"role": "user", "content": "Add."}], "reference_answer": {"code": {"tests": OWN["tests"]}}}
    assert CODE.read(rows).reference_answer == rows["reference_answer"]


def test_mbpps_prompt_names_the_function_by_its_first_test() -> None:
    assert CODE.read(MBPP).messages[1].content.endswith("Your code must pass: assert add(1, 2) == 3")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"prompt": " "}, "prompt is blank"),
        ({"tests": None}, "set either tests or exchanges"),
        ({"exchanges": [{"stdout": "3"}]}, "set either tests or exchanges"),
        ({"tests": ["assert add(1, 2"]}, "tests.0: is not valid Python"),
        ({"tests": ["add(1, 2)"]}, "no test asserts anything"),
        ({"tests": "assert True"}, "tests: "),
        ({"seconds": 0}, "seconds: "),
        ({"scoring": "most"}, "scoring: "),
    ],
)
def test_a_record_without_usable_tests_is_refused_by_field(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(BadRecord) as raised:
        CODE.read({**OWN, **changes})
    assert reason in str(raised.value)


def test_probes_include_the_solution_and_failing_programs() -> None:
    probes = CODE.probes(row_of(OWN))
    assert [read_program(answer) for answer in probes.right] == [OWN["solution"] + "\n"] * 2
    assert [read_program(probes.wrong[0]), read_program(probes.wrong[2])] == ["def add(a, b):\n    ...\n"] * 2
    assert [read_program(answer) for answer in probes.malformed[:2]] == [None, None]


def test_without_a_solution_there_are_no_probes() -> None:
    assert CODE.probes(row_of({**OWN, "solution": None})).right == ()
