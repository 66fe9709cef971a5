"""Base class and shared field types of all contracts."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints

from rft.contracts.http.patterns import SLUG
from rft.text import first_items, text_block, text_line


class Contract(BaseModel):
    """Immutable model that rejects unknown fields, so a misspelt field raises a validation error."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, hide_input_in_errors=True)


RunId = Annotated[str, StringConstraints(pattern=SLUG, min_length=10, max_length=63)]
"""Used as execution name, Bedrock job name and clientRequestToken.

The strictest of the three allows lower-case letters, digits and single hyphens, max 63 characters.
"""

SPLITS = ("train", "validation", "test")
SplitName = Literal["train", "validation", "test"]

MAX_INT32 = 2**31 - 1
"""Maximum of a 32-bit integer (Smithy's `Integer`), as used by CreateModelCustomizationJob."""


MAX_NUMBER = 1e15
"""Up to this value floats represent integers exactly; DynamoDB stores 38 digits, up to 1E+126."""

TextLine = Annotated[str, AfterValidator(text_line)]
"""Untrusted text (from a user, dataset, grader or AWS), normalised to one line."""
TextBlock = Annotated[str, AfterValidator(text_block)]
"""Untrusted text inserted into this project's multi-line output."""
TextLines = Annotated[tuple[TextLine, ...], AfterValidator(first_items)]
"""A list of `TextLine`; a long list is truncated and its last item states how many were omitted."""


def storable(number: float) -> float:
    """Returns the number if DynamoDB stores it without loss; raises ValueError otherwise."""
    if 0 < abs(number) < 1e-9:
        raise ValueError("is too small; use 0 or a larger number")
    if abs(number) > MAX_NUMBER:
        raise ValueError(f"is too large; the largest is {MAX_NUMBER:g}")
    return number


Number = Annotated[float, AfterValidator(storable)]
"""A float that DynamoDB stores without loss (its range is 1E-130 to 9.9E+125)."""


class RequestPart(Contract):
    """Base class for parts of a request. Strict: accepts JSON types only, so "3" and true are not numbers."""

    model_config = ConfigDict(strict=True)
