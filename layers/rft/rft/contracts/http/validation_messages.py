"""Validation errors as sentences, field by field."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from rft.contracts.http.patterns import IN_WORDS

_SUBJECT = re.compile(r"^(Input|Value|String|List|Tuple|Set|Dictionary|Data) should ")
"""Of pydantic's messages; the field's own name stands before them."""


def validation_message(error: Mapping[str, Any]) -> str:
    """One of pydantic's errors (`ValidationError.errors`) as a sentence with what to do; never with the input."""
    match error.get("type"):
        case "string_pattern_mismatch":
            return IN_WORDS.get(error["ctx"]["pattern"], error["msg"])
        case "extra_forbidden":
            return "unknown field"
        case "missing":
            return "is missing"
        case "string_too_short" if error["loc"][-1:] == ("run_id",):
            return "is not a run ID, such as nightly-20261120t132418-7793cafb"
    return _SUBJECT.sub("must ", str(error["msg"]).removeprefix("Value error, "))


def validation_messages(refused: ValidationError, whole: str) -> str:
    """Each field with its error; `whole` names the object of the fields."""
    problems = ((".".join(map(str, error["loc"])), validation_message(error)) for error in refused.errors())
    return "; ".join(f"{field or whole}: {wrong}" for field, wrong in problems)
