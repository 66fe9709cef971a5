"""The object that a row's answers must extract."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import Field, StringConstraints, model_validator

from rft.contracts.base import Contract

FieldPath = Annotated[str, StringConstraints(pattern=r"^[^.\[\]]+(\[\])*(\.[^.\[\]]+(\[\])*)*$", max_length=500)]
"""Where a field stands: `customer.name`, or `items[].price` for the field of each item of a list."""


class FieldRule(Contract):
    """How one field is compared. Without a rule: text apart from white space, numbers exactly, lists in any order."""

    tolerance: float = Field(default=0, ge=0, description="Tolerance in the number's own unit.")
    relative_tolerance: float = Field(default=0, ge=0, lt=1, description="Tolerance as a share of the expected number.")
    ignore_case: bool = False
    ordered: bool = Field(default=False, description="A list's items count at their own positions only.")

    @model_validator(mode="after")
    def _sets_something(self) -> Self:
        if not self.model_dump(exclude_defaults=True):
            raise ValueError("no rule is given")
        return self


class ExtractRules(Contract):
    """`reference_answer.extract`: the expected object, and how it is compared."""

    value: dict[str, Any] = Field(description="The object of a right answer; null equals a missing field.")
    fields: dict[FieldPath, FieldRule] = Field(default_factory=dict, max_length=200)
    json_schema: dict[str, Any] | None = Field(default=None, description="An answer that violates it scores 0.")
