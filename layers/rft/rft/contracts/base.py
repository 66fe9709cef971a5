"""The base of all contracts, and their shared field types."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints

from rft.contracts.http.patterns import SLUG
from rft.text import first_items, text_block, text_line


class Contract(BaseModel):
    """Immutable, and refuses fields it does not know: a misspelt field is an error, not a default."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, hide_input_in_errors=True)


RunId = Annotated[str, StringConstraints(pattern=SLUG, min_length=10, max_length=63)]
"""Execution name, Bedrock job name and clientRequestToken at once: the strictest of the three allows
lower-case letters, digits and single hyphens, max 63 characters."""

SPLITS = ("train", "validation", "test")
SplitName = Literal["train", "validation", "test"]

MAX_INT32 = 2**31 - 1
"""AWS's integers have 32 bits (Smithy), those of CreateModelCustomizationJob among them."""


MAX_NUMBER = 1e15
"""Floats are exact up to here, and DynamoDB's numbers have 38 digits and end at 1E+126."""

TextLine = Annotated[str, AfterValidator(text_line)]
"""Text from outside (a person, a dataset, a grader, AWS), on one line."""
TextBlock = Annotated[str, AfterValidator(text_block)]
"""Text from outside within lines of this project."""
TextLines = Annotated[tuple[TextLine, ...], AfterValidator(first_items)]
"""A list of such lines; where it is long, the last line counts the rest."""


def storable(number: float) -> float:
    """The number, where the ledger gives it back as it was. Raises ValueError."""
    if 0 < abs(number) < 1e-9:
        raise ValueError("is too small; use 0 or a larger number")
    if abs(number) > MAX_NUMBER:
        raise ValueError(f"is too large; the largest is {MAX_NUMBER:g}")
    return number


Number = Annotated[float, AfterValidator(storable)]
"""A float that the ledger gives back as it was: DynamoDB's numbers go from 1E-130 to 9.9E+125."""


class RequestPart(Contract):
    """Part of a request. Takes JSON's own types only, as the published schema says: "3" and true are no numbers."""

    model_config = ConfigDict(strict=True)
