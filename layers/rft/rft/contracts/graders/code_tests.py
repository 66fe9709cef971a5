"""Tests that the code in a row's answers must pass."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from rft.contracts.base import Contract

NOT_PYTHON = (SyntaxError, ValueError, RecursionError, MemoryError)
"""What `ast.parse` raises for text that is no Python, and for what is nested too deeply for its stack."""


def _python(source: str) -> str:
    try:
        ast.parse(source)
    except NOT_PYTHON as error:
        raise ValueError(f"is not Python: {error or 'nested too deeply'}") from error
    return source


Python = Annotated[str, Field(max_length=20_000), AfterValidator(_python)]


class Exchange(Contract):
    """A program's standard input, and the standard output that it must answer with."""

    stdin: str = Field(default="", max_length=1_000_000)
    stdout: str = Field(max_length=1_000_000, description="White space at the end of lines and of all does not count.")


class CodeTests(Contract):
    """`reference_answer.code`: tests of functions (`tests`), or of a program (`exchanges`).

    A test is Python statements that use what the answer defines; it passes if nothing is raised. `setup` runs before
    the tests, in their process: it sees nothing of the answer's when it starts.
    """

    tests: tuple[Python, ...] = Field(default=(), max_length=200)
    exchanges: tuple[Exchange, ...] = Field(default=(), max_length=100)
    setup: Python = ""
    scoring: Literal["share", "all"] = Field(default="share", description="The share of tests passed, or 1 for all.")
    seconds: float = Field(default=5, ge=0.1, le=60, description="For all `tests` together; for each of `exchanges`.")
    memory_mb: int = Field(default=256, ge=128, le=2048, description="Address space of the answer's process, MiB.")

    @model_validator(mode="after")
    def _tests_something(self) -> Self:
        if bool(self.tests) == bool(self.exchanges):
            raise ValueError("give either tests or exchanges")
        nodes = (node for source in (self.setup, *self.tests) for node in ast.walk(ast.parse(source)))
        if self.tests and not any(isinstance(node, ast.Assert | ast.Raise) for node in nodes):
            raise ValueError("no test asserts anything")
        return self


@dataclass(frozen=True)
class CaseResult:
    """Whether one test passed; `reason` says why not, '' where it did. It may quote the answer's own exceptions."""

    passed: bool
    reason: str = ""
