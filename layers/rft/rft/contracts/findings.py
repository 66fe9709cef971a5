"""Findings of a grader, for programs and people."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from rft.contracts.agreement import Interval
from rft.contracts.base import Contract, TextLine


class GraderFinding(Contract):
    """One fault. `code` is stable: a check's name, or `family/form` of a derived probe; docs/smoke-test.md has each."""

    code: str
    severity: Literal["block", "warn"] = Field(description="`block`: do not train on it.")
    message: TextLine = Field(description="The finding in a sentence, with its numbers.")
    n: int = Field(default=0, description="Sample size of `rate`.")
    rate: float | None = Field(default=None, description="Rate of failures, or the check's value.")
    interval: Interval | None = Field(default=None, description="The 95 % range of `rate`.")
    task_id: str = Field(default="", description="A row that shows it.")
    answer: TextLine = Field(default="", description="The answer that shows it, truncated.")
    fix: str = Field(description="What to change.")
