"""What is wrong with a grader, for programs and people."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from rft.contracts.agreement import Interval
from rft.contracts.base import Contract, TextLine


class GraderFinding(Contract):
    """One fault. `code` is stable: a check's name, or `family/form` of a derived probe; docs/smoke-test.md has each."""

    code: str
    severity: Literal["block", "warn"] = Field(description="`block`: do not train on it.")
    message: TextLine = Field(description="What was found, with its numbers.")
    n: int = Field(default=0, description="What `rate` was measured on.")
    rate: float | None = Field(default=None, description="Of what went wrong, or the check's value.")
    interval: Interval | None = Field(default=None, description="The 95 % range of `rate`.")
    task_id: str = Field(default="", description="A row that shows it.")
    answer: TextLine = Field(default="", description="The answer that shows it, cut.")
    fix: str = Field(description="What to change.")
