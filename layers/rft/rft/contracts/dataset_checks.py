"""`dataset/checks.json`: what was found in a dataset's rows before anything was spent on them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from rft.contracts.base import Contract
from rft.contracts.checks import Check


class DatasetChecks(Contract):
    """Every check of the rows. Where `rows_read` is below `rows`, the checks of prompts are of a sample."""

    schema_version: Literal[1] = 1
    run_id: str
    rows: int
    rows_read: int = Field(description="Rows whose prompts and references were read, evenly spaced in each split.")
    checks: tuple[Check, ...]
