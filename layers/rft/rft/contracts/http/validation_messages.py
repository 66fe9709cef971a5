"""Formats validation errors as sentences, field by field."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from rft.contracts.http.patterns import IN_WORDS

_SUBJECT = re.compile(r"^(Input|Value|String|List|Tuple|Set|Dictionary|Data) should ")
"""Subject of pydantic's messages, which the field's name replaces."""


def validation_message(error: Mapping[str, Any]) -> str:
    """Formats a pydantic error (an item of `ValidationError.errors()`) with its remedy; never includes the input."""
    match error.get("type"):
        case "string_pattern_mismatch":
            return IN_WORDS.get(error["ctx"]["pattern"], error["msg"])
        case "extra_forbidden":
            return "unknown field"
        case "missing":
            return "is missing"
        case "string_too_short" if error["loc"][-1:] == ("run_id",):
            return "is not a valid run ID, such as nightly-20261120t132418-7793cafb"
    return _SUBJECT.sub("must ", str(error["msg"]).removeprefix("Value error, "))


def validation_messages(refused: ValidationError, whole: str) -> str:
    """Formats all fields with their errors; `whole` names the object itself in model-level errors."""
    problems = ((".".join(map(str, error["loc"])), validation_message(error)) for error in refused.errors())
    return "; ".join(f"{field or whole}: {wrong}" for field, wrong in problems)
