"""Scores a JSON object extracted from a text: F1 over its fields against the reference's fields.

A field counts as correct if name, type and value match, so missing, invented and wrong fields all reduce the score.
Lists are compared as sets: each expected item is paired with the most similar item, and its fields count within that
pair only, so correct prices under wrong names earn nothing. A null value counts as a missing field.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from rft.contracts.graders.extraction import ExtractRules
from rft.contracts.grading import Sample
from rft.rewards.components import Component
from rft.rewards.declared import declared
from rft.rewards.field_match import (
    RepeatedKey,
    Rules,
    TooManyValues,
    Tree,
    UnknownField,
    compare,
    composed,
    count,
    known_paths,
)
from rft.rewards.reading.json_answers import MAX_CHARACTERS, fits, unfenced
from rft.rewards.reading.turns import answer_text
from rft.rewards.samples import UngradableSample

_WHERE = "reference_answer.extract"


def components(sample: Sample) -> Sequence[Component]:
    """`fields` is the score, F1 in 0..1; `precision`, `recall`, `exact`, `readable` and `json_schema` have no weight.

    Raises UngradableSample if the reference is missing or invalid.
    """
    rules = declared(sample, "extract", ExtractRules)
    expected, fields = _expected(rules)
    text = answer_text(sample.answer)
    takes = rules.json_schema is None or _fits(text, rules.json_schema)
    given = read_object(text)
    precision, recall = _precision_and_recall(given, expected, fields)
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return (
        Component("fields", f1 if takes else 0.0, 1),
        Component("precision", precision),
        Component("recall", recall),
        Component("exact", float(f1 == 1)),
        Component("readable", float(given is not None)),
        *([Component("json_schema", float(takes))] if rules.json_schema is not None else []),
    )


def read_object(text: str) -> Tree | None:
    """The single JSON object in a text, bare or in a code fence; None if the text is anything else."""
    body = unfenced(text)
    # `fits` also rejects duplicate keys, NaN and infinite numbers, and input that is too long or too deep
    if len(body) > MAX_CHARACTERS or not fits(body, {"type": "object"}):
        return None
    try:
        value: Tree = composed(json.loads(body))
    except RepeatedKey:
        return None
    return value


def _expected(rules: ExtractRules) -> tuple[Tree, Rules]:
    """The reference's object, and its field rules by path."""
    try:
        value: Tree = composed(rules.value)
        fields: Rules = composed(dict(rules.fields))
        known_paths(value, fields)
        count(value, most_values=None)
    except RepeatedKey as error:
        raise UngradableSample(f"{_WHERE}: {error}") from error
    except (UnknownField, TooManyValues) as error:
        raise UngradableSample(f"{_WHERE}{error}") from error
    return value, fields


def _precision_and_recall(given: Tree | None, expected: Tree, fields: Rules) -> tuple[float, float]:
    """Both in 0..1. An empty answer is correct if no field is expected."""
    if given is None:
        return 0.0, 0.0
    sought = count(expected, most_values=None)
    try:
        found = count(given, most_values=2 * sought + 20)  # beyond this count precision is below 0.5 in any case
    except TooManyValues:
        return 0.0, 0.0
    if not sought or not found:
        return float(found == sought), float(found == sought)
    right = compare(expected, given, fields)
    return right / found, right / sought


def _fits(text: str, schema: dict[str, Any]) -> bool:
    try:
        return fits(text, schema)
    except UngradableSample as error:
        raise UngradableSample(str(error).replace("reference_answer.format", _WHERE)) from error
