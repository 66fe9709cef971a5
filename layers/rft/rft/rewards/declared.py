"""Reads rules that a row declares in its reference answer."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TypeVar

from pydantic import ValidationError

from rft.contracts.base import Contract
from rft.contracts.grading import Sample
from rft.contracts.http.validation_messages import validation_message
from rft.rewards.samples import UngradableSample

Rules = TypeVar("Rules", bound=Contract)


def declared(sample: Sample, name: str, rules: type[Rules], default: Rules | None = None) -> Rules:
    """`reference_answer.<name>`, else `default`.

    Raises UngradableSample if both are missing or the rules are invalid.
    """
    raw = sample.reference.get(name) if isinstance(sample.reference, dict) else None
    if raw is not None:
        read: Rules = _read(rules, json.dumps(raw, sort_keys=True), name)
        return read
    if default is None:
        raise UngradableSample(f"reference_answer.{name}: missing")
    return default


@lru_cache(maxsize=256)
def _read(rules: type[Rules], text: str, name: str) -> Rules:
    # Cached: most rows of a dataset declare the same rules.
    try:
        return rules.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = "".join(f".{part}" for part in first["loc"])
        raise UngradableSample(f"reference_answer.{name}{field}: {validation_message(first)}") from error
