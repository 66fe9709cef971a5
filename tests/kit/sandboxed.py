"""Runs answers in the sandbox."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rft.adapters.sandbox.processes import ProcessSandbox
from rft.contracts.graders.code_tests import CaseResult, CodeTests

PR_SET_CHILD_SUBREAPER = 36


def run(sandbox: ProcessSandbox, program: str, **tests: Any) -> Sequence[CaseResult]:
    return sandbox.test(program, CodeTests.model_validate(tests), remaining=lambda: 60)


def passed(sandbox: ProcessSandbox, program: str, *tests: str, **rules: Any) -> list[bool]:
    return [result.passed for result in run(sandbox, program, tests=tests, **rules)]


def printed(sandbox: ProcessSandbox, program: str, stdout: str, **rules: Any) -> bool:
    """Return whether the program prints this, without input."""
    (result,) = run(sandbox, program, exchanges=[{"stdout": stdout}], **rules)
    return result.passed


def descendants() -> set[int]:
    """Return all descendant processes: the fork servers and their children."""
    parents: dict[int, int] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parents[int(path.parent.name)] = int(path.read_text().rpartition(")")[2].split()[1])
    found, pending = set[int](), [os.getpid()]
    while pending:
        children = [pid for pid, parent in parents.items() if parent == pending[-1]]
        pending[-1:] = children
        found.update(children)
    return found
