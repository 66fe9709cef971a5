"""Scores code by the tests of its row: reads the program out of an answer, and makes a score of what its tests say.

Running it is the sandbox's work (`ports.CodeSandbox`); nothing here executes anything.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rft.contracts.graders.code_tests import CaseResult, CodeTests
from rft.contracts.grading import Sample
from rft.rewards.components import Component
from rft.rewards.declared import declared
from rft.rewards.reading.code_blocks import code_blocks
from rft.rewards.reading.turns import answer_text

MAX_CHARACTERS = 100_000
"""Longer code cannot be an answer to a problem with tests of this size."""

_PYTHON = re.compile(r"\{?\.?(?:python|py)[0-9.]*(?:[:,{].*)?\}?", re.IGNORECASE)
"""Of a block in Python: `python`, `Python3.11`, `py`, `{.python}`, `python:solution.py`."""

_LINE_END = re.compile(r"\r\n?")


def read_program(text: str) -> str | None:
    """The last Python block outside thinking; None where there is none, or it is empty or too long.

    A block without a name counts where none is named Python: else it is the program's output.
    """
    blocks = list(code_blocks(answer_text(text)))
    named = [block.code for block in blocks if _PYTHON.fullmatch(block.language)]
    programs = named or [block.code for block in blocks if not block.language]
    code = programs[-1] if programs else ""
    return code if code.strip() and len(code) <= MAX_CHARACTERS else None


def read_tests(sample: Sample) -> CodeTests:
    """The row's tests. Raises UngradableSample where there are none, or they cannot be used."""
    return declared(sample, "code", CodeTests)


def components(tests: CodeTests, results: Sequence[CaseResult] | None) -> Sequence[Component]:
    """`tests` is the score; `results` is None where the answer holds no program."""
    passed = sum(result.passed for result in results or ())
    total = len(tests.tests or tests.exchanges)
    share = passed / total if len(results or ()) == total else 0.0
    score = share if tests.scoring == "share" else float(share == 1)
    timed_out = any("timed out" in result.reason for result in results or ())
    return (
        Component("tests", score, 1),
        Component("tests_passed", float(passed)),
        Component("tests_failed", float(total - passed)),
        Component("readable", float(results is not None)),
        Component("timed_out", float(timed_out)),
    )


def same_output(given: str, expected: str) -> bool:
    """Equal apart from line ends, and from white space at the end of lines and of the whole."""
    return _lines(given) == _lines(expected)


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in _LINE_END.sub("\n", text).rstrip().split("\n")]
