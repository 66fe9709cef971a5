"""Probes for rows with a JSON object as answer: the reference object, and one with all values changed.

The changed object shares no field with the reference under the row's own rules, which may include tolerances. The
reference check validates the object against the row's schema.
"""

from __future__ import annotations

import json
from typing import Any

from pydantic import ValidationError

from rft.contracts.dataset import DatasetRow
from rft.contracts.graders.extraction import ExtractRules
from rft.rewards.field_match import TooManyValues, compare, count
from rft.rewards.samples import UngradableSample, read_reference
from rft.tasks.base import Probes


def extracted_probes(row: DatasetRow) -> Probes | None:
    """None for a row without `reference_answer.extract`, or if its object cannot be graded or is empty."""
    rules = _rules(row)
    if rules is None:
        return None
    right, changed = rules.value, _changed(rules.value)
    wrong = [{}] if compare(right, changed, rules.fields) else [changed, {}]
    fenced = f"```json\n{json.dumps(right, ensure_ascii=False, indent=2)}\n```"
    return Probes(right=(_written(right), fenced), wrong=tuple(map(_written, wrong)))


def _rules(row: DatasetRow) -> ExtractRules | None:
    try:
        reference = read_reference(row.reference_answer)
        declared = reference.get("extract") if isinstance(reference, dict) else None
        rules = ExtractRules.model_validate_json(json.dumps(declared))
        return rules if count(rules.value, most_values=None) else None
    except (UngradableSample, ValidationError, TooManyValues):
        return None


def _written(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _changed(value: Any) -> Any:
    """A copy with every text, number and boolean changed."""
    if isinstance(value, dict):
        return {key: _changed(child) for key, child in value.items()}
    if isinstance(value, list):
        return [_changed(child) for child in value]
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value * 3 + 1_000
    return f"another {value}" if isinstance(value, str) else value
