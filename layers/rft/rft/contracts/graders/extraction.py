"""The object that must be extracted from a row's document."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import Field, StringConstraints, model_validator

from rft.contracts.base import Contract

FieldPath = Annotated[str, StringConstraints(pattern=r"^[^.\[\]]+(\[\])*(\.[^.\[\]]+(\[\])*)*$", max_length=500)]
"""Path of a field: `customer.name`, or `items[].price` for a field of every list item."""


class FieldRule(Contract):
    """How one field is compared. Default: text ignoring white space, numbers exactly, lists in any order."""

    tolerance: float = Field(default=0, ge=0, description="Absolute tolerance.")
    relative_tolerance: float = Field(
        default=0, ge=0, lt=1, description="Relative tolerance, as a share of the expected number."
    )
    ignore_case: bool = False
    ordered: bool = Field(default=False, description="List items must be at the expected positions.")

    @model_validator(mode="after")
    def _sets_something(self) -> Self:
        if not self.model_dump(exclude_defaults=True):
            raise ValueError("set at least one rule")
        return self


class ExtractRules(Contract):
    """`reference_answer.extract`: the expected object and the comparison rules."""

    value: dict[str, Any] = Field(description="The expected object; null is equivalent to a missing field.")
    fields: dict[FieldPath, FieldRule] = Field(default_factory=dict, max_length=200)
    json_schema: dict[str, Any] | None = Field(
        default=None, description="JSON Schema; an answer that violates it scores 0."
    )
