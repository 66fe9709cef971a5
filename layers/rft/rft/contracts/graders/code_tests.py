"""Tests that the code in an answer must pass."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from rft.contracts.base import Contract

NOT_PYTHON = (SyntaxError, ValueError, RecursionError, MemoryError)
"""Exceptions of `ast.parse`: for invalid Python, and for code nested too deeply for the parser's stack."""


def _python(source: str) -> str:
    try:
        ast.parse(source)
    except NOT_PYTHON as error:
        raise ValueError(f"is not valid Python: {error or 'nested too deeply'}") from error
    return source


Python = Annotated[str, Field(max_length=20_000), AfterValidator(_python)]


class Exchange(Contract):
    """A program's standard input and the expected standard output."""

    stdin: str = Field(default="", max_length=1_000_000)
    stdout: str = Field(max_length=1_000_000, description="Trailing white space, per line and at the end, is ignored.")


class CodeTests(Contract):
    """`reference_answer.code`: tests of functions (`tests`) or of a program (`exchanges`).

    A test consists of Python statements that use the answer's definitions; it passes if it raises nothing. `setup` runs
    before the tests in their process and cannot access the answer's definitions.
    """

    tests: tuple[Python, ...] = Field(default=(), max_length=200)
    exchanges: tuple[Exchange, ...] = Field(default=(), max_length=100)
    setup: Python = ""
    scoring: Literal["share", "all"] = Field(
        default="share", description="Score: the share of tests passed, or 1 only if all pass."
    )
    seconds: float = Field(
        default=5, ge=0.1, le=60, description="Timeout for all `tests` together, or for each of `exchanges`."
    )
    memory_mb: int = Field(
        default=256, ge=128, le=2048, description="Address space limit of the answer's process, MiB."
    )

    @model_validator(mode="after")
    def _tests_something(self) -> Self:
        if bool(self.tests) == bool(self.exchanges):
            raise ValueError("set either tests or exchanges, not both")
        nodes = (node for source in (self.setup, *self.tests) for node in ast.walk(ast.parse(source)))
        if self.tests and not any(isinstance(node, ast.Assert | ast.Raise) for node in nodes):
            raise ValueError("no test asserts anything")
        return self


@dataclass(frozen=True)
class CaseResult:
    """Whether one test passed; `reason` is '' or the cause of the failure, which may quote the answer's exceptions."""

    passed: bool
    reason: str = ""
