"""Scores code by the row's tests: extracts the program from an answer and computes a score from the test results.

The sandbox runs the program (`ports.CodeSandbox`); this module executes nothing.
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
"""Upper bound for a solution to a problem whose tests fit in a row."""

_PYTHON = re.compile(r"\{?\.?(?:python|py)[0-9.]*(?:[:,{].*)?\}?", re.IGNORECASE)
"""Info strings of Python code blocks: `python`, `Python3.11`, `py`, `{.python}`, `python:solution.py`."""

_LINE_END = re.compile(r"\r\n?")


def read_program(text: str) -> str | None:
    """The last Python code block outside thinking; None if there is none, or if it is empty or too long."""
    blocks = list(code_blocks(answer_text(text)))
    named = [block.code for block in blocks if _PYTHON.fullmatch(block.language)]
    # If a block is marked as Python, one without a language is usually the program's output.
    programs = named or [block.code for block in blocks if not block.language]
    code = programs[-1] if programs else ""
    return code if code.strip() and len(code) <= MAX_CHARACTERS else None


def read_tests(sample: Sample) -> CodeTests:
    """The tests in the row's reference. Raises UngradableSample if they are missing or invalid."""
    return declared(sample, "code", CodeTests)


def components(tests: CodeTests, results: Sequence[CaseResult] | None) -> Sequence[Component]:
    """`tests` is the score, 0..1. `results` is None if the answer contains no program."""
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
    """Ignores line-end style and trailing white space of each line and of the whole output."""
    return _lines(given) == _lines(expected)


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in _LINE_END.sub("\n", text).rstrip().split("\n")]
